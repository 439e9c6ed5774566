import { unrefInterval } from './kinds/timers.ts'
import { twin } from './twin.ts'

export default twin(unrefInterval, 'leaky')
