import { unrefSocket } from './kinds/sockets.ts'
import { twin } from './twin.ts'

export default twin(unrefSocket, 'leaky')
