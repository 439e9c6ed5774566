import { socket } from './kinds/sockets.ts'
import { twin } from './twin.ts'

export default twin(socket, 'clean')
