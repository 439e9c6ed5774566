/** What one timeline sample costs, of processes with 10 to 8,000 threads. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { openTimeline } from '../harness/observe/kernel.ts'
import { openFamily } from '../harness/processes/family.ts'
import { onPath } from '../harness/processes/start.ts'

const program = `
import sys, threading
threading.stack_size(65536)
over = threading.Event()
for _ in range(int(sys.argv[1]) - 1):
    threading.Thread(target=over.wait, daemon=True).start()
print('ready', flush=True)
sys.stdin.read()
`
const SAMPLES = 2000

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void

async function microseconds(threads: number): Promise<number> {
  const child = spawn('python3', ['-c', program, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(createInterface({ input: child.stdout }), 'line')
    const pid = child.pid as number
    const timeline = openTimeline({ pid, channelFd: null, family: openFamily(pid, { tree: false }) })
    const took: number[] = []
    for (let i = 0; i < SAMPLES; i++) {
      const from = performance.now()
      if (timeline?.read()?.threads !== threads) throw new Error(`expected ${threads} threads`)
      took.push((performance.now() - from) * 1000)
    }
    timeline?.close()
    return took.sort((a, b) => a - b)[SAMPLES / 2] as number
  } finally {
    child.kill('SIGKILL')
  }
}

export async function benchTimeline(say: Say): Promise<void> {
  if (!onPath('python3')) {
    console.log('- one timeline sample: skipped, no python3 to hold 8,000 threads; sudo apt-get install python3')
    return
  }
  const few = await microseconds(10)
  const many = await microseconds(8000)
  say('one timeline sample at 8,000 threads', many, ' µs', 'at most 100 µs', many <= 100)
  say(
    'a timeline sample at 8,000 threads ÷ at 10',
    many / few,
    '',
    'flat: at most 1.5',
    many / few <= 1.5,
    `${few.toPrecision(3)} µs at 10`,
  )
}
