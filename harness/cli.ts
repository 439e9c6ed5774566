#!/usr/bin/env node
/** argv in, exit code out. */
import { toolVersion } from './host.ts'

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Loads nothing else.
  process.stdout.write(`${toolVersion()}\n`)
} else if (!process.features.typescript && Number.parseInt(process.versions.node, 10) < 22) {
  process.stderr.write(
    `holdwater needs Node 22.18 or newer, got ${process.versions.node}. npm install --save-dev node@24 brings one for npx.\n`,
  )
  process.exitCode = 2
} else {
  const { main } = await import('./main.ts')
  process.exitCode = await main(args)
  // What a library has left open, as the pull of an image that was given up, does not keep the process.
  setTimeout(() => process.exit(), 1000).unref()
}
