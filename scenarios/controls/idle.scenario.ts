/** An empty cycle: what is left to see is holdwater's own noise, and it must be nothing. */
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'an empty cycle: our own noise floor',
  cycle() {},
})
