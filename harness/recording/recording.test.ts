import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { judge } from '../judge/judge.ts'
import { readRecording } from './read.ts'
import { openRecording } from './write.ts'

const recorded = recordingOf({ threads: repeat(5, () => 7) })
const dir = mkdtempSync(join(tmpdir(), 'holdwater-test-'))
afterAll(() => rmSync(dir, { recursive: true }))
let files = 0
const file = () => join(dir, `${++files}.ndjson`)

function write(path: string) {
  const recorder = openRecording(path, recorded.header)
  for (const checkpoint of recorded.checkpoints) recorder.write(checkpoint)
  if (recorded.end) recorder.write(recorded.end)
  recorder.close()
  return recorder.recording
}

describe('a recording', () => {
  it('reads as it was written', () => {
    const path = file()
    expect(write(path)).toEqual(recorded)
    expect(readRecording(path)).toEqual(recorded)
  })

  it('is readable to the last whole line, wherever it was cut', () => {
    const path = file()
    write(path)
    const text = readFileSync(path)
    const headerEnd = text.indexOf('\n') + 1
    for (let size = text.length - 1; size > headerEnd; size -= 97) {
      truncateSync(path, size)
      expect(readRecording(path).end).toBe(null)
      expect(readRecording(path).checkpoints.length).toBeLessThanOrEqual(5)
    }
  })

  it('that is no recording is named, with its line', () => {
    const path = file()
    writeFileSync(path, '{"line":"header"}\n')
    expect(() => readRecording(path)).toThrow(`${path}:1: expected a line of a holdwater recording`)
    writeFileSync(path, '')
    expect(() => readRecording(path)).toThrow('begins with a header')
    write(path)
    appendFileSync(path, 'not json\n')
    expect(() => readRecording(path)).toThrow(`${path}:8: expected a line`)
  })

  it('of another schema version is named, with what to do', () => {
    const path = file()
    write(path)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/holdwater-recording\/\d+/, 'holdwater-recording/999'))
    expect(() => readRecording(path)).toThrow(
      /:1: expected a recording in the form holdwater-recording\/\d, got holdwater-recording\/999; read it with/,
    )
  })

  it('that has become large is written anew, thinner, and says the same', () => {
    const path = file()
    const long = recordingOf({ threads: repeat(12_000, (i) => 7 + Math.floor(i / 100)) })
    const recorder = openRecording(path, long.header, 64 * 1024)
    let written = 0
    for (const checkpoint of long.checkpoints) {
      recorder.write(checkpoint)
      written += JSON.stringify(checkpoint).length
    }
    recorder.write({ line: 'sample', ms: 5, cycles: 5, readings: { threads: 7, rss: null } })
    if (long.end) recorder.write(long.end)
    recorder.close()
    expect(statSync(path).size).toBeLessThan(0.8 * written)
    expect(existsSync(`${path}.next`)).toBe(false)
    const read = readRecording(path)
    expect(read.end).toEqual(long.end)
    expect(read.samples.readings.get('threads')).toEqual(Float64Array.of(7))
    const [now, then] = [judge(read), judge(long)]
    expect(now?.verdict).toBe(then?.verdict)
    expect((now?.resources[0]?.growthPerCycle ?? 0) / (then?.resources[0]?.growthPerCycle ?? 1)).toBeCloseTo(1, 1)
  })

  it('goes on in memory when the disk is full, and says so', () => {
    const recording = write('/dev/full')
    expect(recording.checkpoints).toEqual(recorded.checkpoints)
    expect(recording.end).toEqual(recorded.end)
    expect(recording.events).toMatchObject([{ kind: 'recording', text: expect.stringMatching(/ENOSPC/) }])
  })
})
