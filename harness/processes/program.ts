/** Programs of ours, which run in processes of their own. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file `name` beside a module, by its `import.meta.url`: `.ts` in a checkout, `.js` where it was compiled. */
export const programBeside = (module: string, name: string): string =>
  fileURLToPath(new URL(`./${name}${extname(module)}`, module))
