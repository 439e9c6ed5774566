/** `holdwater list`: the scenarios there are, by the names that `holdwater run` takes. */
import { listScenarios } from '../scenario/names.ts'

export function list(): number {
  // A reader that has enough, as `| head`.
  process.stdout.on('error', () => {})
  for (const { name } of listScenarios()) process.stdout.write(`${name}\n`)
  return 0
}
