/**
 * Waits, but not for ever. Patience is for what hangs: it has to be far longer than a busy machine takes.
 * @throws what `late` makes when it takes longer
 */
export async function within<What>(ms: number, what: Promise<What>, late: () => Error): Promise<What> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  try {
    return await Promise.race([what, over])
  } finally {
    clearTimeout(timer)
  }
}
