import { heap } from './kinds/memory.ts'
import { twin } from './twin.ts'

export default twin(heap, 'clean')
