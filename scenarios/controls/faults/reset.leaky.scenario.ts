import { failingCall } from './failing-call.ts'

export default failingCall('reset', 'leaky')
