/** Every scenario has a name of its own, for its folder of the report. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findScenarios } from './names.ts'

const dir = mkdtempSync(join(tmpdir(), 'holdwater-test-'))
afterAll(() => rmSync(dir, { recursive: true }))
const file = (...path: string[]) => {
  const full = join(dir, ...path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, '')
  return full
}
const names = (...files: string[]) => findScenarios(files).map(({ name }) => name)

it('a file elsewhere is named after its folder', () => {
  expect(names(file('one', 'a.scenario.ts'))).toEqual(['one/a'])
})
it('files that differ in their endings keep them', () => {
  expect(names(file('one', 'a.scenario.ts'), file('one', 'a.mjs'))).toEqual(['one/a.scenario.ts', 'one/a.mjs'])
})
it('files of one name in folders of one name are numbered', () => {
  const files = ['x', 'y', 'z'].map((parent) => file(parent, 'one', 'a.scenario.ts'))
  expect(names(...files)).toEqual(['one/a.scenario.ts', 'one/a.scenario.ts-2', 'one/a.scenario.ts-3'])
})
