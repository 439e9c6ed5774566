/**
 * Clients that hang up half way: each asks to be told of the next change of a key, and leaves before there is one. The
 * gateway cancels its watch when it has answered, which it never does: nobody told it that the client is gone.
 *
 * What we found: one watcher of etcd per request, with its listeners and memory; the sockets are not kept.
 */
import { defineScenario } from 'holdwater'
import { hangingUp } from './changes.ts'

export default defineScenario({
  title: 'a web service whose clients hang up, and that goes on for them',
  expect: 'leaking',
  ...hangingUp({ cancels: false }),
})
