import { child } from './kinds/processes.ts'
import { twin } from './twin.ts'

export default twin(child, 'clean')
