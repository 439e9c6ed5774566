/** Which commit is soaked. */
import { execFileSync } from 'node:child_process'

/** As CI systems say it. */
const variables = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BUILDKITE_COMMIT', 'CIRCLE_SHA1', 'GIT_COMMIT']
const WITHIN_MS = 2000

/** The commit of the folder that holdwater is called in; null outside of a repository, or without git. */
export function revisionOf(cwd = process.cwd(), env: NodeJS.ProcessEnv = process.env): string | null {
  const said = variables.map((name) => env[name]).find((value) => value && /^[0-9a-f]{7,64}$/i.test(value))
  if (said) return said
  try {
    return (
      execFileSync('git', ['rev-parse', 'HEAD'], {
        cwd,
        timeout: WITHIN_MS,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || null
    )
  } catch {
    return null
  }
}
