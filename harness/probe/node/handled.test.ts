import { expect, it } from 'vitest'
import { openHandled } from './handled.js'

it('an error that a handler took explains an exit soon after it, and none long after it', () => {
  let now = 1000
  const handled = openHandled(() => now)
  expect(handled.lately()).toBeNull()
  handled.took('uncaught error: database gone')
  now += 3000
  expect(handled.lately()).toBe('uncaught error: database gone')
  now += 60_000
  expect(handled.lately()).toBeNull()
  handled.took('unhandled rejection: again')
  expect(handled.lately()).toBe('unhandled rejection: again')
})
