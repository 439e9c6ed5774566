import { timer } from './kinds/timers.ts'
import { twin } from './twin.ts'

export default twin(timer, 'clean')
