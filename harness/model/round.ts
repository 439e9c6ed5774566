/** How a number is rounded that somebody has to go by: the judge and the sentences about it do it alike. */

/** To two digits, up: 12,345 → 13,000. */
export function roundUp(value: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  return Math.ceil(value / step) * step
}
