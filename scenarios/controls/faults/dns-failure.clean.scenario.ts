import { failingCall } from './failing-call.ts'

export default failingCall('dns-failure', 'clean')
