/**
 * Programs in languages whose collector closes what nobody closed: the twin that keeps its descriptors leaks, and the one that leaves them to the
 * collector does not. All run side by side, for up to five minutes: they sleep most of the time.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Results } from '../harness/model.ts'
import { type Built, builtOf } from './built.ts'

const here = resolve('bench/collectors')

type Language = Built & { run: (dir: string) => string[] }
const languages: readonly Language[] = [
  { name: 'Ruby', needs: 'ruby', run: () => ['ruby', join(here, 'app.rb')] },
  {
    name: 'Java',
    needs: 'javac',
    build: (dir) => ['javac', '-d', dir, join(here, 'App.java')],
    run: (dir) => ['java', '-Xmx64m', '-cp', dir, 'App'],
  },
  {
    name: 'Go',
    needs: 'go',
    build: (dir) => ['go', 'build', '-o', join(dir, 'app'), join(here, 'main.go')],
    run: (dir) => [join(dir, 'app')],
  },
]

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void

export async function benchCollectors(say: Say, cli: string, dir: string): Promise<void> {
  const twins = builtOf(languages, dir).flatMap(({ name, run }) =>
    ['leaky', 'clean'].map((which) => ({ name, which, command: [...run(dir), which] })),
  )
  await Promise.all(
    twins.map(async ({ name, which, command }) => {
      const out = join(dir, `${name}-${which}`)
      const args = [cli, 'run', join(here, 'twin.ts'), '--out', out, '--reporter', 'json', '--explain', 'never']
      const from = performance.now()
      const env = { ...process.env, TWIN: JSON.stringify(command) }
      // Exit codes 3 and 4 are verdicts.
      await promisify(execFile)(process.execPath, args, { env }).catch(() => {})
      const { runs }: Results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
      const { verdict = null, reason = '' } = runs[0] ?? {}
      const holds = which === 'leaky' ? verdict === 'leaking' : verdict !== null && verdict !== 'leaking'
      const bound = which === 'leaky' ? 'leaking' : 'not leaking'
      say(`${name}, ${which}: ${verdict} after`, (performance.now() - from) / 1000, ' s', bound, holds, reason)
    }),
  )
}
