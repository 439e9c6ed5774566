/** Where load goes: to this machine, unless somebody allows more; and to a server that listens. */
import { lookup } from 'node:dns/promises'
import { BlockList, connect, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** What every machine calls itself; whoever connects to the unspecified address gets here, too. */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('0.0.0.0', 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addAddress('::', 'ipv6')

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/**
 * Whether every address of a URL's host is one of this machine.
 * @throws where the name cannot be looked up
 */
export async function isThisMachine(url: URL): Promise<boolean> {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
  const addresses = await lookup(hostOf(url), { all: true })
  return addresses.every(
    ({ address }) => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') || own.includes(address),
  )
}

const TRIES_EVERY_MS = 50

/** @returns why nothing listens there, or null once something does. Over when `over` resolves. */
export async function untilListening(url: URL, withinMs: number, over: Promise<unknown>): Promise<string | null> {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const until = performance.now() + withinMs
  const isOver = over.then(() => true)
  for (;;) {
    const failed = await tryOnce(hostOf(url), port, Math.max(1, until - performance.now()))
    if (failed === null || performance.now() >= until) return failed
    if (await Promise.race([isOver, wait(TRIES_EVERY_MS, false)])) return failed
  }
}

const tryOnce = (host: string, port: number, withinMs: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: withinMs })
    const end = (failed: string | null) => {
      socket.destroy()
      resolve(failed)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end('it does not answer'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
