import { unrefWorker } from './kinds/threads.ts'
import { twin } from './twin.ts'

export default twin(unrefWorker, 'leaky')
