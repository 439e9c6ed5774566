/**
 * The cure of `aborted-requests`: a request ends with its connection, and its watch with the request.
 */
import { defineScenario } from 'holdwater'
import { hangingUp } from './changes.ts'

export default defineScenario({
  title: 'a web service whose clients hang up, and that stops for them',
  ...hangingUp({ cancels: true }),
})
