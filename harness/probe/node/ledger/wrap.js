// Puts a function of ours in the place of another, which it calls. Nobody who looks at it sees a difference: it has the same
// name, length and properties, `util.promisify.custom` among them.

/**
 * @template {(...args: any[]) => any} Original
 * @param {any} object
 * @param {string} name
 * @param {(original: Original) => Original} make
 */
export function wrap(object, name, make) {
  const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(object, name))
  const original = descriptor.value
  const wrapper = make(original)
  for (const [key, own] of Object.entries(Object.getOwnPropertyDescriptors(original)))
    if (key !== 'prototype') Object.defineProperty(wrapper, key, own)
  for (const key of Object.getOwnPropertySymbols(original))
    Object.defineProperty(
      wrapper,
      key,
      /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(original, key)),
    )
  Object.defineProperty(object, name, { ...descriptor, value: wrapper })
  return wrapper
}
