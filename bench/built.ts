/** Programs in several languages that benches start: those that this machine has, built. */
import { execFileSync } from 'node:child_process'
import { onPath } from '../harness/processes/start.ts'

export type Built = {
  name: string
  /** What it takes to build or to start it. */
  needs: string
  build?: (dir: string) => readonly string[]
}

/** Builds what can be built, and says what is left out. @param dir where builds go */
export const builtOf = <Program extends Built>(programs: readonly Program[], dir: string): Program[] =>
  programs.filter(({ name, needs, build }) => {
    if (!onPath(needs)) {
      console.log(`- ${name} left out: no ${needs} on the PATH`)
      return false
    }
    const [compiler, ...args] = build?.(dir) ?? []
    if (compiler) execFileSync(compiler, args)
    return true
  })
