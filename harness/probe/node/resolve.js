// Lets a scenario file say `import … from 'holdwater'` in any folder, installed there or not, and always get the
// holdwater that runs it.
import * as nodeModule from 'node:module'

const own = new URL('./define-scenario.js', import.meta.url).href

export function resolveOwnName() {
  if (typeof nodeModule.registerHooks === 'function') {
    nodeModule.registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'holdwater' ? { url: own, shortCircuit: true } : next(specifier, context),
    })
    return
  }
  // Node 20 and 22.14 or older: hooks live in a thread of their own, so they are handed over as text.
  const hooks = `export async function resolve(specifier, context, next) {
    return specifier === 'holdwater' ? { url: ${JSON.stringify(own)}, shortCircuit: true } : next(specifier, context)
  }`
  nodeModule.register(`data:text/javascript,${encodeURIComponent(hooks)}`)
}
