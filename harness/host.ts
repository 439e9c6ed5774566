/** What machine and what holdwater this is. */
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Host } from './model.ts'

/** The version of this holdwater, from its package.json, beside harness/ in a checkout and above dist/ when compiled. */
export function toolVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')) as { version: string })
        .version
    } catch {
      // the other place
    }
  }
  return 'unknown'
}

/** A container's memory limit binds before the machine's; cgroup v2, then v1. */
function memoryLimit(): number {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const limit = Number(readFileSync(path, 'utf8'))
      if (Number.isFinite(limit)) return limit
    } catch {
      // no such cgroup
    }
  }
  return Infinity
}

export function hostNow(): Host {
  return {
    os: `${os.type()} ${os.machine()}`,
    kernel: os.release(),
    arch: os.arch(),
    cores: os.availableParallelism(),
    memory: Math.min(os.totalmem(), memoryLimit()),
    node: process.versions.node,
  }
}
