// Errors that nobody catches, and rejections that nobody handles. `uncaughtExceptionMonitor` is told of one before Node looks
// for whoever handles it; only where nobody does, a listener of ours stands there for this one error and is gone before it is
// called. So the scenario counts no listener of ours on `uncaughtException`, its own handlers and its domains do what they do
// without us, and Node's `--unhandled-rejections` decides what gets here. A capture callback would come before every handler
// of the scenario and keep it from loading `node:domain`.

const words = { uncaughtException: 'uncaught error', unhandledRejection: 'unhandled rejection' }

/**
 * @param {{
 *   survives: () => boolean,
 *   onSurvived: (error: unknown, what: string) => void,
 *   onFatal: (error: unknown, what: string) => void,
 *   onHandled?: (error: unknown, what: string) => void,
 * }} how whether this process outlives what nobody handles; `what` it was, in words
 */
export function watchUncaught({ survives, onSurvived, onFatal, onHandled }) {
  const isHandled = () => process.listenerCount('uncaughtException') > 0
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    if (isHandled() || process.hasUncaughtExceptionCaptureCallback()) {
      onHandled?.(error, words[origin])
      return
    }
    if (!survives()) {
      onFatal(error, words[origin])
      return
    }
    process.once('uncaughtException', () => {
      // Somebody may have come between.
      if (!isHandled()) onSurvived(error, words[origin])
    })
  })
}
