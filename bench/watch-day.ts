/**
 * A day of `holdwater watch`, driven faster: its own loop, recorder, judge and screen, on readings of a real process, with
 * a clock that does not wait. One cycle is 100 seconds; 864 of them are a day. `npm run bench -- watch` runs it.
 */
import { setImmediate } from 'node:timers/promises'
import { type CycleScenario, defineScenario } from 'holdwater'
import { judge } from '../harness/judge/judge.ts'
import { lookEarly } from '../harness/judge/look.ts'
import { type HeaderLine, RECORDING_SCHEMA } from '../harness/model.ts'
import { type Clock, watchLive } from '../harness/observe/live.ts'
import { openRecording } from '../harness/recording/write.ts'
import { watchPlan } from '../harness/watch-plan.ts'
import { watchBlock } from '../reports/watch.ts'

const EVERY_MS = 1000
const SECONDS_PER_CYCLE = 100

type Day = { tick(): Promise<void>; end(): Promise<void> }

function begin(folder: string): Day {
  let now = 0
  let wake: (() => void) | null = null
  const over = new AbortController()
  const clock: Clock = {
    now: () => now,
    spent() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    sleep: (ms) =>
      new Promise((resolve) => {
        wake = () => {
          now += ms
          resolve()
        }
      }),
  }
  const plan = watchPlan(
    { name: 'watch/day', title: 'a day' },
    { budget: [], resolution: undefined, startTimeoutMs: 0, until: 'end', cycleMark: null },
  )
  const header: HeaderLine = {
    line: 'header',
    schema: RECORDING_SCHEMA,
    tool: '',
    startedAt: new Date().toISOString(),
    host: { os: '', kernel: '', arch: '', cores: 1, memory: 1, node: '' },
    etcd: null,
    command: null,
    role: 'measure',
    project: folder,
    argv: [],
    revision: null,
    limits: [],
    url: null,
    jobs: 1,
    plan,
  }
  const recorder = openRecording(`${folder}/day.ndjson`, header)
  const watching = watchLive({
    plan,
    live: { pid: process.ppid, cycles: null, ended: null, stderrTail: () => '' },
    recorder,
    everyMs: EVERY_MS,
    tree: false,
    look: { verdict: (recording) => judge(recording, { early: true }), early: lookEarly },
    interrupted: over.signal,
    clock,
    onProgress: (standing) => watchBlock(standing, recorder.recording, 80, (_, text) => text),
  })
  const tick = async () => {
    while (!wake) await setImmediate()
    const go = wake
    wake = null
    go()
  }
  return {
    tick,
    async end() {
      over.abort()
      await tick()
      await watching
      recorder.close()
    },
  }
}

const day: CycleScenario<Day> = {
  title: 'a day of watching, driven faster',
  // Of 100 readings: what a day can rule out is under two megabytes of it.
  budget: { heap: '2 kB' },
  cycles: 864,
  // It is about memory, and is no longer than a day.
  resolution: '1/40',
  cycleTimeout: '60 s',
  setup: ({ dir }) => begin(dir),
  async cycle({ fixture }) {
    for (let second = 0; second < SECONDS_PER_CYCLE; second++) await fixture.tick()
  },
  teardown: ({ fixture }) => fixture.end(),
}
export default defineScenario(day)
