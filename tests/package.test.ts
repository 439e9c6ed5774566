/** The package as a user gets it: packed, installed into an empty project, run with npx. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { scratch } from './holdwater.ts'

const run = promisify(execFile)

it('npm pack yields a package that runs my.scenario.ts with npx', async () => {
  const dir = scratch().tmp
  // npm's own variables would point the inner npm at this checkout.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  await run('npm', ['pack', '--pack-destination', dir], { cwd: resolve('.'), env })
  const [tarball] = readdirSync(dir)
  const project = join(dir, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  writeFileSync(
    join(project, 'my.scenario.ts'),
    `import { defineScenario, type Scenario } from 'holdwater'
const fields: Scenario = { title: 'mine', cycle({ index }) { const twice: number = index * 2; return twice } }
export default defineScenario(fields)
`,
  )
  const installed = await run(
    'npm',
    ['install', '--loglevel=error', '--prefer-offline', '--no-audit', '--no-fund', join(dir, tarball as string)],
    {
      cwd: project,
      env,
    },
  )
  expect(installed.stderr).toBe('')
  const { stdout } = await run('npx', ['holdwater', 'run', 'my.scenario.ts'], { cwd: project, env })
  expect(stdout).toMatch(/my +clean +pass/)
  expect(existsSync(join(project, 'holdwater-report/index.html'))).toBe(true)
  const { runs } = JSON.parse(readFileSync(join(project, 'holdwater-report/results.json'), 'utf8'))
  expect(runs[0]).toMatchObject({ scenario: 'my', title: 'mine', verdict: 'clean' })

  // The scenarios that ship come along, compiled: Node strips no types below node_modules.
  const shipped = await run('npx', ['holdwater', 'run', 'controls/idle'], { cwd: project, env })
  expect(shipped.stdout).toMatch(/controls\/idle +clean +pass/)
  const tested = await run('npx', ['holdwater', 'selftest', 'fd'], { cwd: project, env })
  expect(tested.stdout).toMatch(/fd +yes +clean +fds 1\.00\n[\s\S]*1 gate works here/)
  // What it exports has types.
  expect(existsSync(join(project, 'node_modules/holdwater/dist/harness/index.d.ts'))).toBe(true)
  expect(existsSync(join(project, 'node_modules/holdwater/reports/results.schema.json'))).toBe(true)
})
