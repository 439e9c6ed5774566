import { defineScenario } from 'holdwater'

/** What runs it, as JSON. */
const command: string[] = JSON.parse(process.env.TWIN ?? '[]')

export default defineScenario({
  title: `a descriptor a cycle: ${command.at(-1)}`,
  command: () => command,
  cycleMark: /^cycle/,
  resolution: '1/50',
})
