/** Timeline samples as columns that grow. */
import type { SampleLine, Samples } from '../model.ts'

const FIRST_ROOM = 1024

export type SampleStore = {
  add(sample: Pick<SampleLine, 'ms' | 'cycles' | 'readings'>): void
  /** What was added so far. It does not change when more is added. */
  readonly samples: Samples
}

/** @param room how many there may be, where that is known: nothing is copied, then */
export function openSamples(room: number = FIRST_ROOM): SampleStore {
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
  return {
    add(sample) {
      if (length === room) grow()
      ms[length] = sample.ms
      cycles[length] = sample.cycles
      for (const name in sample.readings)
        if (!columns.has(name)) columns.set(name, new Float64Array(room).fill(Number.NaN, 0, length))
      for (const [name, column] of columns) column[length] = sample.readings[name] ?? Number.NaN
      length++
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
