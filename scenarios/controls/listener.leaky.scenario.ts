import { listener } from './kinds/objects.ts'
import { twin } from './twin.ts'

export default twin(listener, 'leaky')
