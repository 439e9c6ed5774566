/**
 * Of what a server keeps, this process shows only the calls that may have asked for it: those that are made as often as it
 * grows, or more often. Pure.
 */

import type { Frame, ShownFrame, SourceLine } from '../model.ts'
import { bestFrame } from './stacks.ts'

/** A call, as a ledger has it: what was called, from where, and how often. */
export type Call = { what: string | null; perCycle: number; frames: readonly ShownFrame[] }

const MOST = 3
/** Some of them may not have been seen. */
const LEAST = 0.75

/** Words for bringing something about on a server; a query or an end is less likely to leave anything there. */
const makes =
  /^(acquire|add|allocate|attach|begin|bind|book|claim|connect|consume|create|declare|enqueue|ensure|grant|hset|incr|insert|join|lease|listen|lock|make|new|open|prepare|produce|psubscribe|publish|push|put|register|request|reserve|sadd|save|schedule|send|set|start|store|submit|subscribe|upload|upsert|watch|write)/i

/** `new Client`, `Client.open` and `pool.open` → `Client`, `open`. */
const lastName = (name: string): string => name.replace(/^.*[.#\s]/, '')
const singular = (name: string): string => name.replace(/(ies|es|s)$/i, '')

/** The expression that is called at a column of a line, such as `broker.queues.declare`; null where the line does not show it. */
export function calledAs({ at, first, text }: SourceLine, { column }: Frame): string | null {
  const line = text[at - first] ?? ''
  const before = /(?:[\w$#]+\??\.)*$/.exec(line.slice(0, column - 1))?.[0] ?? ''
  const name = /^#?[\w$]+(?=\s*(?:\?\.)?\()/.exec(line.slice(column - 1))?.[0]
  return name && before !== '' ? before + name : null
}

/** The likeliest of them first, a few at most. @param resource `server.NAME` @param growth of it, per cycle */
export function likelyCalls<Made extends Call>(calls: readonly Made[], resource: string, growth: number): Made[] {
  const kept = singular(resource.replace(/^server\./, '')).toLowerCase()
  const names = ({ what, frames }: Call) => [what ?? '', frames[(bestFrame(frames) ?? 0) - 1]?.function ?? '']
  const rank = (call: Made): number[] => [
    Number(!names(call).some((name) => /^new /.test(name) || makes.test(lastName(name)))),
    Number(!names(call).some((name) => name.toLowerCase().includes(kept))),
    Math.round(10 * Math.abs(Math.log(call.perCycle / growth))),
  ]
  const ranked = calls.filter(({ perCycle }) => perCycle >= LEAST * growth).map((call) => ({ call, rank: rank(call) }))
  const order = (a: number[], b: number[]) => a.map((value, i) => value - (b[i] as number)).find((d) => d !== 0) ?? 0
  return ranked
    .sort((a, b) => order(a.rank, b.rank))
    .slice(0, MOST)
    .map(({ call }) => call)
}
