import { worker } from './kinds/threads.ts'
import { twin } from './twin.ts'

export default twin(worker, 'clean')
