import { once } from 'node:events'
import { closeSync, type FSWatcher, openSync, watch } from 'node:fs'
import type { Kind } from '../twin.ts'

export const fd: Kind<undefined, number> = {
  what: 'a file descriptor',
  shows: ['fds'],
  open: () => openSync('/dev/null', 'r'),
  close: closeSync,
}

export const handle: Kind<undefined, FSWatcher> = {
  what: 'a watcher of a folder',
  shows: ['handles'],
  open: ({ dir }) => watch(dir, () => {}).unref(),
  async close(opened) {
    opened.close()
    await once(opened, 'close')
  },
}

export const listener: Kind<undefined, () => void> = {
  what: 'a listener on process',
  shows: ['listeners'],
  setup() {
    process.setMaxListeners(0)
  },
  open() {
    const opened = () => {}
    process.on('SIGUSR2', opened)
    return opened
  },
  close: (opened) => process.off('SIGUSR2', opened),
}

class Tracked {}
const held = new Set<unknown>()

export const instance: Kind<undefined, Tracked> = {
  what: 'an object of a class',
  shows: ['instances:Tracked'],
  track: [Tracked],
  open() {
    const opened = new Tracked()
    held.add(opened)
    return opened
  },
  close: (opened) => held.delete(opened),
}
