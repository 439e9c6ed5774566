/**
 * Fewer points than there are pixels, and the same picture: of each stretch the first, the lowest, the highest and the last
 * stay, so no extreme is lost and every step stands where it was (M4: Jugel, Jerzak, Hackenbroich & Markl 2014). Pure.
 */

/** Stretches of a chart; a phone has hardly more columns, and a wide chart not twice as many. */
const STRETCHES = 250

/** Which points of a series stay, in order; what is no number is left out. */
export function thinned(values: ArrayLike<number>, stretches = STRETCHES): number[] {
  const most = 4 * stretches
  const kept: number[] = []
  if (values.length <= most) {
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) kept.push(i)
    return kept
  }
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * values.length) / stretches)
    const to = Math.floor(((stretch + 1) * values.length) / stretches)
    let [first, low, high, last] = [-1, -1, -1, -1]
    for (let i = from; i < to; i++) {
      const value = values[i] as number
      if (Number.isNaN(value)) continue
      if (first === -1) first = low = high = i
      if (value < (values[low] as number)) low = i
      if (value > (values[high] as number)) high = i
      last = i
    }
    if (first === -1) continue
    for (const i of [...new Set([first, Math.min(low, high), Math.max(low, high), last])]) kept.push(i)
  }
  return kept
}
