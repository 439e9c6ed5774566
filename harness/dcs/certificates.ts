/** Throwaway certificates of an etcd with TLS: an authority, and what it signs. They live as long as the run. */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kept, Warden } from '../processes/warden.ts'

export type Certificates = Kept & {
  /** Folder of what is named below. */
  readonly path: string
  /** The authority's certificate, as PEM. */
  readonly ca: string
  /** From now on every new connection is shown a certificate that expired yesterday, or again one that is valid. */
  expire(): void
  renew(): void
}

/** Read anew for every connection, by etcd 3.2 and later. */
export const CERTIFICATE = 'server.pem'
export const KEY = 'server.key'

/** A host name that only our own targets know, and that no machine can have (RFC 6761). */
export const ETCD_NAME = 'etcd.holdwater.test'

const DAY_MS = 24 * 3600_000
const keyed = { keyType: 'ec', algorithm: 'sha256' } as const

export async function makeCertificates(warden: Warden): Promise<Certificates> {
  // Two hundred files, which no other run has to wait for.
  const { generate } = await import('selfsigned')
  const kept = warden.makeDir('tls')
  const now = Date.now()
  const between = (from: number, to: number) => ({
    notBeforeDate: new Date(now + from * DAY_MS),
    notAfterDate: new Date(now + to * DAY_MS),
  })
  const authority = await generate([{ name: 'commonName', value: 'holdwater throwaway authority' }], {
    ...keyed,
    ...between(-2, 30),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const sign = (from: number, to: number, like?: { private: string; public: string }) =>
    generate([{ name: 'commonName', value: 'etcd' }], {
      ...keyed,
      ...between(from, to),
      ...(like ? { keyPair: { privateKey: like.private, publicKey: like.public } } : {}),
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'keyUsage', digitalSignature: true, critical: true },
        // etcd's own gateway is a client of it.
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
            { type: 2, value: ETCD_NAME },
          ],
        },
      ],
    })
  const valid = await sign(-2, 29)
  // Of the same key, so that only one file changes, and at once.
  const expired = await sign(-2, -1, valid)
  writeFileSync(join(kept.path, KEY), valid.private, { mode: 0o600 })
  const show = ({ cert }: typeof valid) => {
    const next = join(kept.path, 'next.pem')
    writeFileSync(next, cert)
    renameSync(next, join(kept.path, CERTIFICATE))
  }
  show(valid)
  return { ...kept, ca: authority.cert, expire: () => show(expired), renew: () => show(valid) }
}
