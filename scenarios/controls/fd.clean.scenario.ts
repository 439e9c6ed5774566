import { fd } from './kinds/objects.ts'
import { twin } from './twin.ts'

export default twin(fd, 'clean')
