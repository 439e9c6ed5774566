import { lease } from './kinds/etcd.ts'
import { twin } from './twin.ts'

export default twin(lease, 'leaky')
