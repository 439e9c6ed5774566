import { watcher } from './kinds/etcd.ts'
import { twin } from './twin.ts'

export default twin(watcher, 'clean')
