import { handle } from './kinds/objects.ts'
import { twin } from './twin.ts'

export default twin(handle, 'clean')
