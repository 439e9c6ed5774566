/** One more run under Clinic.js. It brings some 700 packages, so it is tried where HOLDWATER_CLINIC names a folder that has it. */
import { existsSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixture, holdwater, scratch } from './holdwater.ts'

const folder = process.env.HOLDWATER_CLINIC ?? ''
const hasClinic = existsSync(join(folder, 'node_modules', 'clinic'))
const needsClinic = hasClinic
  ? ''
  : ' (skipped: no Clinic.js; npm install --prefix DIR clinic@13 and set HOLDWATER_CLINIC=DIR)'

it('says how to add Clinic.js where it is missing, before anything is soaked', async () => {
  const { code, stderr, results } = await holdwater(['run', fixture('plain-module.mjs'), '--profile', 'doctor'])
  expect([code, stderr, results]).toEqual([2, expect.stringMatching(/npm install --save-dev clinic@13\n$/), null])
})

describe.skipIf(!hasClinic).concurrent(`a profile${needsClinic}`, () => {
  // One that ends with its process, and one that has to be interrupted.
  it.each(['doctor', 'heapprofiler'])('of Clinic.js %s is linked in the reports', async (tool) => {
    const file = resolve('scenarios/controls/timer.leaky.scenario.ts')
    // Side by side in one directory they would take each other's files.
    const cwd = scratch().tmp
    symlinkSync(join(folder, 'node_modules'), join(cwd, 'node_modules'))
    const { results, out, stdout } = await holdwater(['run', file, '--profile', tool], {}, { cwd })
    const [run] = results?.runs ?? []
    expect(run?.profile, stdout).toMatchObject({ tool, path: expect.stringMatching(/\.html$/), reason: null })
    expect(existsSync(join(out, run?.profile?.path ?? ''))).toBe(true)
    expect(run?.verdict).toBe('leaking')
  })
})
