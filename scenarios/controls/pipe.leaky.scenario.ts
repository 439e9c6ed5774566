import { pipe } from './kinds/sockets.ts'
import { twin } from './twin.ts'

export default twin(pipe, 'leaky')
