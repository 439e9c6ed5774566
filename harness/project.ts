/** The project a file belongs to. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the nearest package.json, or the file's own; without symbolic links, as a runtime names its files. */
export function projectOf(file: string): string {
  const real = realpathSync(file)
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) return dirname(real)
  }
}
