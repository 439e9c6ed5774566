/** Timeline samples as columns that grow, and are thinned when there are too many for a picture. */
import type { SampleLine, Samples } from '../model.ts'

const FIRST_ROOM = 1024
/** 4 a second for over four hours; then neighbours become one, with their highest values. */
const MOST_ROWS = 65_536

/** NaN is no value. */
const higher = (a: number, b: number): number => (Number.isNaN(a) || b > a ? b : a)

export type SampleStore = {
  add(sample: Pick<SampleLine, 'ms' | 'cycles' | 'readings'>): void
  /** What was added so far. It does not change when more is added. */
  readonly samples: Samples
}

/** @param most how many there may be, where that is known: nothing is copied, then */
export function openSamples(most: number = FIRST_ROOM): SampleStore {
  let room = Math.min(most, MOST_ROWS)
  let length = 0
  let ms = new Float64Array(room)
  let cycles = new Float64Array(room)
  const columns = new Map<string, Float64Array>()
  const grown = (column: Float64Array) => {
    const larger = new Float64Array(room)
    larger.set(column)
    return larger
  }
  const grow = () => {
    room *= 2
    ms = grown(ms)
    cycles = grown(cycles)
    for (const [name, column] of columns) columns.set(name, grown(column))
  }
  /** The first row stays as it is, and of every two that follow one is left. */
  const thin = () => {
    const left = Math.ceil((length + 1) / 2)
    const later = (i: number) => Math.min(2 * i, length - 1)
    const halved = (column: Float64Array, of: (earlier: number, later: number) => number) => {
      const thinner = new Float64Array(room)
      for (let i = 0; i < left; i++)
        thinner[i] = of(column[i === 0 ? 0 : 2 * i - 1] as number, column[later(i)] as number)
      return thinner
    }
    ms = halved(ms, (_, last) => last)
    cycles = halved(cycles, (_, last) => last)
    for (const [name, column] of columns) columns.set(name, halved(column, higher))
    length = left
  }
  /** Of so many samples one row is made, so that all of a run is equally dense. */
  let stride = 1
  let inRow = 0
  return {
    add(sample) {
      if (inRow === 0 && length === MOST_ROWS) {
        thin()
        stride *= 2
      }
      if (inRow === 0) {
        if (length === room) grow()
        length++
      }
      const row = length - 1
      for (const name in sample.readings)
        if (!columns.has(name)) columns.set(name, new Float64Array(room).fill(Number.NaN, 0, length))
      ms[row] = sample.ms
      cycles[row] = sample.cycles
      for (const [name, column] of columns)
        column[row] = higher(inRow === 0 ? Number.NaN : (column[row] as number), sample.readings[name] ?? Number.NaN)
      inRow = row === 0 ? 0 : (inRow + 1) % stride
    },
    get samples() {
      return {
        ms: ms.subarray(0, length),
        cycles: cycles.subarray(0, length),
        readings: new Map([...columns].map(([name, column]) => [name, column.subarray(0, length)])),
      }
    },
  }
}
