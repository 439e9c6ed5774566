// Errors that nobody catches, and rejections that nobody handles: `uncaughtExceptionMonitor` is told of one before Node looks for
// whoever handles it, and changes nothing of what comes then.

const words = { uncaughtException: 'uncaught error', unhandledRejection: 'unhandled rejection' }

/** @param {(error: unknown, what: string) => void} onFatal told of what nobody handles, and of what it was, in words */
export function watchUncaught(onFatal) {
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()
    if (!isHandled) onFatal(error, words[origin])
  })
}
