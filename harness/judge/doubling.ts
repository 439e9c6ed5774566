/**
 * Storage that grows by a factor, and nothing else: a Set of numbers doubles, an array of them grows by half. It stands still for most of
 * a run, and no line fits it, but it grows as much as the run does:
 *
 *     ┌──────────────  the more there is, the longer it stands still, and the larger is the next step
 *     │
 *   ┌─┘
 *   ¼ ½             1  of the cycles
 *
 * Pure.
 */
import { floorOf } from './floor.ts'
import type { XY } from './trend.ts'

/**
 * The run is cut at 1/factor of it, 1/factor², and so on, and each part has to grow by so many times what the part before did: storage
 * that doubles by 2, storage that grows by half by 3 to 5.8 from quarter to quarter; a logarithm would grow by 1, the root of the cycles by 1.4 and 2.
 * Steps that come by chance seldom fall into each part, and the larger the later.
 */
const CUTS = [
  { factor: 2, parts: 4, least: 1.6, most: 2.5 },
  { factor: 4, parts: 3, least: 2.7, most: 6.2 },
]

/**
 * Growth per cycle of each part, the last one first; null where it does not look like storage that grows by a factor, or the run is
 * not long enough to have so many parts.
 * @param step what each has to grow by at least, so that noise does not count
 */
export function partsThatGrow({ x, y }: XY, step: number): number[] | null {
  const [first, last] = [x[0] ?? 0, x.at(-1) ?? 0]
  const floor = floorOf([...y])
  const levelAt = (cycle: number) => floor[x.findIndex((at) => at >= cycle)] ?? 0
  for (const { factor, parts, least, most } of CUTS) {
    if (last <= 0 || first > last / factor ** parts) continue
    const cuts = Array.from({ length: parts + 1 }, (_, k) => last / factor ** k)
    const part = (k: number) => [cuts[k + 1], cuts[k]] as [number, number]
    const grown = Array.from({ length: parts }, (_, k) => levelAt(part(k)[1]) - levelAt(part(k)[0]))
    const keepsOn = grown.every((now, k) => {
      const before = grown[k + 1]
      return now > step && (before === undefined || (now >= least * before && now <= most * before))
    })
    if (keepsOn) return grown.map((bytes, k) => bytes / (part(k)[1] - part(k)[0]))
  }
  return null
}
