// As much of gRPC's framing and of protobuf as it takes to read the number of a lease or a watcher.

/** A byte that says whether it is compressed, and four for the length. */
const HEADER = 5

/**
 * The whole, uncompressed messages in what came so far, and what is left over.
 * @param {Buffer} bytes
 */
export function messagesIn(bytes) {
  const messages = []
  let at = 0
  while (at + HEADER <= bytes.length) {
    const length = bytes.readUInt32BE(at + 1)
    if (at + HEADER + length > bytes.length) break
    if (bytes[at] === 0) messages.push(bytes.subarray(at + HEADER, at + HEADER + length))
    at += HEADER + length
  }
  return { messages, left: bytes.subarray(at) }
}

/**
 * A message's number fields (wire type 0), by field; what else it holds is passed over.
 * @param {Buffer} message
 * @returns {Map<number, bigint>}
 */
export function numbersIn(message) {
  const numbers = new Map()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; at < message.length; shift += 7n) {
      const byte = /** @type {number} */ (message[at++])
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return value
  }
  while (at < message.length) {
    const tag = Number(varint())
    const type = tag & 7
    if (type === 0) numbers.set(tag >> 3, varint())
    else if (type === 2) {
      const length = Number(varint())
      at += length
    } else if (type === 1) at += 8
    else if (type === 5) at += 4
    else break
  }
  return numbers
}
