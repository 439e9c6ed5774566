// Runs a scenario's cycles with nobody watching, for a profiler that starts and ends the process itself.
import { setImmediate } from './clock.js'
import { resolveOwnName } from './resolve.js'
import { callable, loadScenario } from './scenario.js'
import { watchUncaught } from './uncaught.js'

/** @type {{ file: string, etcd: object | null, dir: string, cycles: number, forMs: number, leave: 'exit' | 'interrupt' }} */
const { file, etcd, dir, cycles, forMs, leave } = JSON.parse(process.argv[2] ?? '')
resolveOwnName()
const { form, fields } = await loadScenario(file)
const scenario = callable(form, fields)
/** @type {any} */
let shared = { etcd: etcd ?? undefined, dir, fixture: undefined, log() {} }
shared = { ...shared, fixture: await scenario.setup?.(shared) }
// Nor does what nobody catches end what is measured.
watchUncaught({ survives: () => scenario.uncaught !== 'crash', onSurvived() {}, onFatal() {} })
const { signal } = new AbortController()
const from = performance.now()
const elapsed = () => performance.now() - from
// A profile of less shows nothing, and a profiler needs its time to begin.
const LEAST_MS = 1500
for (let index = 0; (index < cycles || elapsed() < LEAST_MS) && elapsed() < forMs; index++) {
  // A cycle that fails was counted where it was measured.
  await (async () => scenario.cycle({ ...shared, index, signal }))().catch(() => {})
  // Cycles that wait for nothing would keep all else waiting.
  if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
}
await scenario.teardown?.(shared)
// What it leaked would keep it for ever.
if (leave === 'exit') process.exit()
else process.kill(process.pid, 'SIGINT')
