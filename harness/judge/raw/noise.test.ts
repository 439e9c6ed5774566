import { describe, expect, it } from 'vitest'
import { seeded } from '../../../bench/verdicts/random.ts'
import { dot } from './least-squares.ts'
import { type Noise, noisesOf, whitenerOf } from './noise.ts'

const N = 4000
const apart = 1 / N
const x = Float64Array.from({ length: N }, (_, i) => i * apart)

/** Noise of a kind, as the model says it comes about. */
function drawn({ memory, white }: Noise): Float64Array {
  const random = seeded(3)
  const keeps = memory === Infinity ? 1 : memory === 0 ? 0 : Math.exp(-apart / memory)
  const change = memory === Infinity ? apart : memory === 0 ? 1 : (memory / 2) * (1 - keeps ** 2)
  let slow = memory === Infinity ? 0 : Math.sqrt(memory === 0 ? 1 : memory / 2) * random.normal()
  return x.map(() => {
    slow = keeps * slow + Math.sqrt(change) * random.normal()
    return slow + Math.sqrt(white * change) * random.normal()
  })
}

describe('whitening', () => {
  it.each([
    ['white noise', { memory: 0, white: 0 }],
    ['noise that remembers', { memory: 20 * apart, white: 0 }],
    ['the same under white noise', { memory: 20 * apart, white: 8 }],
    ['a random walk', { memory: Infinity, white: 0 }],
    ['a random walk under white noise', { memory: Infinity, white: 3.5 }],
  ])('takes from %s all that could be foreseen, and leaves standard deviations of one', (_, noise) => {
    const left = whitenerOf(x, noise, apart).whiten(drawn(noise))
    const variance = dot(left, left) / N
    const next = left.subarray(1).reduce((sum, value, i) => sum + value * (left[i] as number), 0) / N
    expect(variance).toBeCloseTo(1, 1)
    expect(Math.abs(next / variance)).toBeLessThan(0.05)
  })

  it('of the wrong noise leaves some of it', () => {
    const left = whitenerOf(x, { memory: 0, white: 0 }, apart).whiten(drawn({ memory: 20 * apart, white: 0 }))
    const next = left.subarray(1).reduce((sum, value, i) => sum + value * (left[i] as number), 0)
    expect(next / dot(left, left)).toBeGreaterThan(0.9)
  })

  it('of a step leaves nothing before it', () => {
    const ones = new Float64Array(N).fill(1)
    const { whiten } = whitenerOf(x, { memory: 0.1, white: 1.5 }, apart)
    const step = whiten(ones, 1000)
    expect(step.subarray(0, 1000).every((value) => value === 0)).toBe(true)
    expect(step[1000]).toBeGreaterThan(0)
  })
})

it('the noises that are tried span from none to a random walk', () => {
  const noises = noisesOf(1 / 80)
  expect(noises.length).toBeGreaterThan(20)
  expect(noises[0]).toEqual({ memory: 0, white: 0 })
  expect(noises.filter(({ memory }) => memory === Infinity)).toHaveLength(3)
})
