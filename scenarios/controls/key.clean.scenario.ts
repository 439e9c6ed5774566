import { key } from './kinds/etcd.ts'
import { twin } from './twin.ts'

export default twin(key, 'clean')
