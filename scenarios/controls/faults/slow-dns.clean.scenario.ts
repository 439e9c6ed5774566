import { failingCall } from './failing-call.ts'

export default failingCall('slow-dns', 'clean')
