import dgram from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Kind } from '../twin.ts'

async function bound(): Promise<dgram.Socket> {
  const opened = dgram.createSocket('udp4')
  opened.bind(0, '127.0.0.1')
  await once(opened, 'listening')
  return opened
}
async function closed(opened: dgram.Socket | Server): Promise<void> {
  opened.close()
  await once(opened, 'close')
}

export const socket: Kind<undefined, dgram.Socket> = {
  what: 'a UDP socket',
  shows: ['sockets', 'fds'],
  open: bound,
  close: closed,
}

export const unrefSocket: Kind<undefined, dgram.Socket> = {
  what: "an unref'd UDP socket",
  shows: ['sockets', 'fds'],
  async open() {
    const opened = await bound()
    return opened.unref()
  },
  close: closed,
}

/** What libuv calls a pipe: a unix-domain socket. */
export const pipe: Kind<undefined, Server> = {
  what: 'a pipe that listens',
  shows: ['sockets', 'fds'],
  async open({ dir, index }) {
    const opened = createServer().listen(join(dir, `pipe-${index}`))
    await once(opened, 'listening')
    return opened
  },
  close: closed,
}
