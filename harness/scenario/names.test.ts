/** Every scenario has a name of its own, for its folder of the report. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findScenarios, listScenarios } from './names.ts'

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

describe('what `list` prints, `run` takes', () => {
  const home = process.cwd()
  const inFolder = <Value>(look: () => Value): Value => {
    process.chdir(join(dir, 'project'))
    try {
      return look()
    } finally {
      process.chdir(home)
    }
  }
  const paths = ['my', 'tests/deep', 'scenarios/own', 'scenarios/etcd3/put', 'lib', 'lib/inner']
  for (const path of paths) file('project', `${path}.scenario.mjs`)
  file('project', 'two.scenario.ts')
  file('project', 'two.scenario.js')

  it('by the same name, wherever the file is, and whatever else has it', () => {
    const listed = inFolder(listScenarios)
    expect(listed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['my', 'tests/deep', 'own', 'etcd3/put', 'lib', 'two.scenario.ts', 'controls/idle']),
    )
    for (const { name, file } of listed)
      expect(
        inFolder(() => findScenarios([name]).map((found) => found.file)),
        name,
      ).toEqual([file])
  })
  it('each of them once: one that is here goes before one that ships', () => {
    const listed = inFolder(listScenarios)
    expect(new Set(listed.map(({ name }) => name)).size).toBe(listed.length)
    expect(listed.find(({ name }) => name === 'etcd3/put')?.file).toContain(join('project', 'scenarios'))
  })
  it('and a name that is near one is told which', () => {
    const refused = (name: string) => {
      try {
        inFolder(() => findScenarios([name]))
      } catch (error) {
        return (error as Error).message
      }
      throw new Error(`${name} was found`)
    }
    expect(refused('controls/idel')).toMatch(/^controls\/idel: no such scenario\. Did you mean controls\/idle/)
    expect(refused('etcd3/putt')).toMatch(/Did you mean etcd3\/put[,?]/)
    expect(refused('idle')).toMatch(/Did you mean controls\/idle\?/)
    expect(refused('fd')).toMatch(/Did you mean controls\/fd\.clean, or controls\/fd\.leaky\?/)
    // Two files have it: which is meant, only their endings say.
    expect(refused('two')).toMatch(/Did you mean two\.scenario\.js, or two\.scenario\.ts\?/)
    expect(refused('nowhere/at-all')).toBe(
      'nowhere/at-all: no such scenario. Expected a file, a folder of scenarios, or a name of `holdwater list`.',
    )
  })
})
