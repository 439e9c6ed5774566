/** Compiles the package to dist/: JavaScript, types, and the files that are read as they are. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
cpSync('reports/html/style.css', 'dist/reports/html/style.css')
cpSync('harness/probe/python/sitecustomize.py', 'dist/harness/probe/python/sitecustomize.py')
chmodSync('dist/harness/cli.js', 0o755)
