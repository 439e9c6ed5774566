import { nativeThread } from './native-thread.ts'

export default nativeThread('clean')
