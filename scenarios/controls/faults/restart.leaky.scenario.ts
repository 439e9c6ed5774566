import { failingCall } from './failing-call.ts'

export default failingCall('restart', 'leaky')
