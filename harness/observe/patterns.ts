/** Names by pattern: `pool-7-thread-1` and `pool-8-thread-1` are one kind of thing. Pure. */

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
/** Hexadecimal of eight digits and more, with a digit among them. */
const hex = /\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi

/** What changes from one to the next becomes a star. */
const patternOf = (name: string): string => name.replace(uuid, '*').replace(hex, '*').replace(/\d+/g, '*')

/** How many names follow each pattern. */
export function countPatterns(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(patternOf(name), (counts.get(patternOf(name)) ?? 0) + 1)
  return counts
}
