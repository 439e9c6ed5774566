import { externalLate } from './kinds/memory.ts'
import { twin } from './twin.ts'

export default twin(externalLate, 'leaky')
