// Fifty turns a second: garbage, a cache with a bound and, of the leaky one, so many bytes that are kept.
const leak = Number(process.argv[2])
/** @type {Buffer[]} */
const kept = []
const cache = new Map()
/** @param {number} most */
const below = (most) => Math.floor(Math.random() * most)
setInterval(() => {
  for (let i = 0; i < 20; i++) {
    const garbage = Array.from({ length: 50 + below(400) }, (_, k) => ({ k }))
    if (i === 0) cache.set(below(300), garbage)
  }
  if (leak > 0) kept.push(Buffer.alloc(leak, 1))
}, 20)
