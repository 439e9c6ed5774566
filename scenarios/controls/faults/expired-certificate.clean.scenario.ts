import { failingCall } from './failing-call.ts'

export default failingCall('expired-certificate', 'clean')
