import { expect, it } from 'vitest'
import { messagesIn, numbersIn } from './grpc.js'

const framed = (message: number[], compressed = 0) => Buffer.from([compressed, 0, 0, 0, message.length, ...message])

it('reads whole messages and keeps what is left over', () => {
  const bytes = Buffer.concat([framed([8, 1]), framed([8, 2, 16, 3]), framed([9, 9, 9]).subarray(0, 7)])
  const { messages, left } = messagesIn(bytes)
  expect(messages.map((message) => [...message])).toEqual([
    [8, 1],
    [8, 2, 16, 3],
  ])
  expect(messagesIn(Buffer.concat([left, Buffer.from([9])])).messages).toHaveLength(1)
})

it('passes over a message that is compressed', () => {
  expect(messagesIn(Buffer.concat([framed([1, 2], 1), framed([8, 5])])).messages.map((m) => [...m])).toEqual([[8, 5]])
})

it('reads the numbers of a message between its other fields', () => {
  // LeaseGrantResponse: header (1, bytes), ID (2), TTL (3), an error (4, text); then a fixed64 and a fixed32.
  const message = Buffer.from([
    0x0a, 2, 8, 7, 0x10, 0xc2, 0x9d, 0xa8, 0xe1, 0x95, 0x8c, 0xe4, 0x80, 0x6a, 0x18, 60, 0x22, 1, 65, 0x29, 1, 2, 3, 4,
    5, 6, 7, 8, 0x35, 1, 2, 3, 4, 0x38, 1,
  ])
  const numbers = numbersIn(message)
  expect([...numbers.keys()]).toEqual([2, 3, 7])
  expect([numbers.get(2), numbers.get(3), numbers.get(7)]).toEqual([7638545190829559490n, 60n, 1n])
})

it('ends at what is no message', () => {
  expect(numbersIn(Buffer.from([0xff, 0xff, 0xff]))).toBeInstanceOf(Map)
  expect(numbersIn(Buffer.from([]))).toEqual(new Map())
})
