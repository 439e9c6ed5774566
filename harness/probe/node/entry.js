// The main file of every Node target: it answers what the harness asks over the channel, one thing at a time.
// It is plain JavaScript so that any Node from 20.13 on loads it, and not an `--import`, which children would inherit.
import { writeSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { failUncaught, runBatch, takeAfterwards } from './batch.js'
import { openHandled } from './handled.js'
import { readHolding, watchHolding } from './holding.js'
import { checkEmitters, listenersStartHere } from './listeners.js'
import { readRuntime } from './readings.js'
import { resolveOwnName } from './resolve.js'
import { callable, describeFields, loadScenario } from './scenario.js'
import { settle } from './settle.js'
import { callerOf, framesOf, messageOfUncaught, plainMessageOf, stackOf } from './thrown.js'
import { openTimers } from './timers.js'
import { watchUncaught } from './uncaught.js'
import { watchWorkers } from './workers.js'

/** @typedef {import('../../observe/protocol.ts').Ask} Ask */

// What this process forks must not inherit our flags.
process.execArgv = []
resolveOwnName()
watchWorkers()
const timersUnread = openTimers()

/** @type {import('./scenario.js').Scenario | undefined} */
let scenario
/** @typedef {import('../../scenario/scenario.ts').Context<any>} Context */
/** @type {Context} */
let shared
/** @type {Record<string, import('node:events').EventEmitter>} */
let emitters = {}
/** @type {typeof import('./ledger/ledger.js') | undefined} */
let ledger
let stopAsked = false
let inBatch = false
/** What nobody catches fails a cycle from the end of `setup` to the end of `teardown`; before and after there is none. */
let cyclesRun = false
let isOver = false
/** What nobody caught, and Node is about to end this process for. @type {{ message: string, stack: string } | null} */
let fatal = null

const handled = openHandled()

// As they are before a scenario can put its own in their place.
const send = process.send?.bind(process)
const kill = process.kill.bind(process)
const ignore = () => {}
/** @param {object} message */
const tell = (message) => {
  // With a callback, or a message to a harness that has just left would be an error of this process.
  if (process.connected) send?.(message, undefined, undefined, ignore)
}

/** Of a command's scenario there is nothing to measure. */
const nothing = { readings: {}, unread: {}, detail: {}, collected: false, heapLimit: null, v8Memory: null }

const heapLimit = getHeapStatistics().heap_size_limit

/** @param {boolean} collect */
async function readInner(collect) {
  await scenario?.drain?.({ ...shared })
  ledger?.letGo()
  const collected = await settle(collect)
  // A ledger counts objects by itself.
  const track = ledger ? [] : [...(scenario?.track ?? [])]
  return { ...readRuntime({ track, emitters, timersUnread }), collected, heapLimit }
}

/** @type {{ [Name in Ask['ask']]: (ask: Extract<Ask, { ask: Name }>) => unknown }} */
const answers = {
  async describe({ file }) {
    const { form, fields } = await loadScenario(file)
    return { form, fields: describeFields(form, fields) }
  },
  async load({ file, etcd, dir }) {
    const { form, fields } = await loadScenario(file)
    scenario = callable(form, fields)
    const log = (/** @type {unknown} */ text) => tell({ tells: 'log', text: String(text) })
    // Without `needs: { etcd: true }` there is none, and a scenario that reaches for it hears so.
    shared = { etcd: /** @type {Context['etcd']} */ (etcd ?? undefined), dir, fixture: undefined, log }
  },
  // Before the scenario is loaded, and only in an explaining run: what it brings along disturbs.
  async 'open-ledger'(options) {
    if (options.holding) await watchHolding()
    ledger = await import('./ledger/ledger.js')
    ledger.openLedger(options)
  },
  'read-ledger': () => ledger?.readLedger(),
  async setup() {
    shared = { ...shared, fixture: await scenario?.setup?.({ ...shared }) }
    cyclesRun = !scenario?.command
  },
  async emitters() {
    if (scenario?.emitters) emitters = checkEmitters(await scenario.emitters({ ...shared }))
  },
  async command() {
    const argv = await scenario?.command?.({ ...shared })
    if (!Array.isArray(argv) || argv.length === 0 || !argv.every((word) => typeof word === 'string'))
      throw new Error(`expected an array of strings, the program and its arguments, got ${JSON.stringify(argv)}`)
    return { argv }
  },
  // Here, where it may be a function of what `setup` has made.
  async url() {
    const { url } = scenario?.load ?? {}
    return { url: (typeof url === 'function' ? await url({ ...shared }) : url) ?? null }
  },
  async batch(ask) {
    stopAsked = false
    inBatch = true
    const cycle = /** @type {NonNullable<typeof scenario>} */ (scenario).cycle
    const done = await runBatch(ask, { cycle, shared, tell, stopped: () => stopAsked })
    inBatch = false
    return done
  },
  async read({ collect }) {
    const inner = scenario?.command ? nothing : await readInner(collect)
    // Last, so that what it opens is settled before the next reading.
    const state = (await scenario?.serverState?.({ ...shared })) ?? {}
    for (const [name, value] of Object.entries(state))
      if (!Number.isFinite(value))
        throw new Error(`serverState(): expected a number for "${name}", got ${JSON.stringify(value)}`)
    return { ...inner, serverState: state }
  },
  async teardown() {
    await scenario?.teardown?.({ ...shared })
  },
  holding: () => ({ holding: readHolding() }),
}

function tellAfterwards() {
  const failed = takeAfterwards()
  if (failed > 0) tell({ tells: 'failed-afterwards', failed })
}

process.on('message', async (/** @type {Ask | { ask: 'stop' }} */ ask) => {
  if (ask.ask === 'stop') {
    stopAsked = true
    return
  }
  try {
    const answer = await answers[ask.ask](/** @type {never} */ (ask))
    tellAfterwards()
    tell({ tells: 'answer', to: ask.ask, answer: answer ?? {} })
  } catch (thrown) {
    tellAfterwards()
    tell({ tells: 'error', to: ask.ask, message: plainMessageOf(thrown), stack: stackOf(thrown) })
  }
  // From here on nothing of ours keeps the process.
  if (ask.ask === 'teardown') {
    isOver = true
    process.channel?.unref()
  }
})
// Without the harness there is nobody to measure for. It reads this line when it is still there: then the scenario did it.
process.on('disconnect', () => {
  try {
    writeSync(2, 'holdwater: the channel of this process is closed\n')
  } finally {
    kill(process.pid, 'SIGKILL')
  }
})
watchUncaught({
  survives: () => cyclesRun && !isOver && scenario?.uncaught !== 'crash',
  onSurvived: (error, what) => failUncaught(error, what, { tell, ofLoad: Boolean(scenario?.load) }),
  onFatal(error, what) {
    fatal = { message: `${what}: ${messageOfUncaught(error)}`, stack: framesOf(error) }
  },
  onHandled(error, what) {
    handled.took(`${what}: ${messageOfUncaught(error)}`)
  },
})
process.on('exit', (code) => {
  if (fatal) tell({ tells: 'dying', ...fatal })
  else if (!isOver)
    tell({ tells: 'exiting', code, inCycle: inBatch, at: callerOf(new Error()), handled: handled.lately() })
})

listenersStartHere()
tell({ tells: 'ready', version: process.versions.node })
