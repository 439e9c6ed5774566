import { instance } from './kinds/objects.ts'
import { twin } from './twin.ts'

export default twin(instance, 'clean')
