import { failingCall } from './failing-call.ts'

export default failingCall('wrong-password', 'leaky')
