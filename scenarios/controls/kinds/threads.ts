import { Worker } from 'node:worker_threads'
import type { Kind } from '../twin.ts'

const idle = () => new Worker('setInterval(() => {}, 1e6)', { eval: true })
const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)
/** A thread takes 30 to 60 ms to start and end: fewer of them, and the coarsest resolution. */
const slow = { cycles: 150 * every, resolution: `1/${10 * every}` } as const
const shows = ['workers', 'threads']
const close = (worker: Worker) => worker.terminate()

export const worker: Kind<undefined, Worker> = { what: 'a Worker', shows, open: idle, close, ...slow }

export const unrefWorker: Kind<undefined, Worker> = {
  what: "an unref'd Worker",
  shows,
  open() {
    const opened = idle()
    opened.unref()
    return opened
  },
  close,
  ...slow,
}
