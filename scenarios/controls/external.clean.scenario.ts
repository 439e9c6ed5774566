import { external } from './kinds/memory.ts'
import { twin } from './twin.ts'

export default twin(external, 'clean')
