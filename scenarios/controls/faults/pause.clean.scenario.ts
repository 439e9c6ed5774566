import { failingCall } from './failing-call.ts'

export default failingCall('pause', 'clean')
