/**
 * An etcd in a container, by testcontainers. On Linux it is on the host's network with free loopback ports, as a local
 * one is: 36,000 one-request connections through a port that Docker publishes gave 3,148 resets. Elsewhere the engine is
 * in a machine of its own, the port is published on loopback, and the cycles are paced.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers'
import { EnvironmentError, messageOf, UsageError } from '../errors.ts'
import type { Warden } from '../processes/warden.ts'
import type { Certificates } from './certificates.ts'
import { startCluster } from './cluster.ts'
import { type Life, type Member, type MemberOptions, memberFlags } from './member.ts'
import type { StartedEtcd, StartOptions } from './started.ts'

type Engine = Awaited<ReturnType<typeof getContainerRuntimeClient>>

/** Pinned: a verdict should not change because an image did. `HOLDWATER_ETCD_IMAGE` names another. */
const IMAGE = 'quay.io/coreos/etcd:v3.5.16'
const PULL_WITHIN_MS = 180_000
/** Client port inside a container that is not on the host's network. */
const INNER_PORT = 2379
const INNER_TLS = '/holdwater-tls'
/**
 * Cycles per second through a published port. A cycle is a connection or more, each is kept in TIME_WAIT for 60 s, and
 * there are some 28,000 ports.
 */
const PUBLISHED_PACE = 200
const LAST_LOG_LINES = 8

/** Docker publishes on every interface unless told otherwise; testcontainers has no word for it. */
class LoopbackContainer extends GenericContainer {
  override async beforeContainerCreated(): Promise<void> {
    for (const [binding] of Object.values(this.hostConfig.PortBindings ?? {}) as { HostIp?: string }[][])
      if (binding) binding.HostIp = '127.0.0.1'
  }
}

async function findEngine(): Promise<Engine> {
  const engine = await getContainerRuntimeClient().catch((error) => {
    throw new EnvironmentError('no Docker engine answers', { cause: error })
  })
  const { socketPath, host } = engineOptions(engine)
  if (!socketPath && !loopback.includes(String(host)))
    throw new EnvironmentError(`the Docker engine is on another machine (${host}), whose loopback is out of reach`)
  return engine
}
const loopback = ['localhost', '127.0.0.1', '::1']

/** `(HTTP code 500) server error - Get "https://…": … no such host ` without what only an engine's developer wants. */
const pullFault = (error: unknown) =>
  messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, '')
    .trim()

/** @param say told before a long wait */
async function haveImage({ image }: Engine, name: ImageName, say: (text: string) => void): Promise<void> {
  if (await image.exists(name)) return
  say(`pulling ${name.string} …`)
  let late: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      image.pull(name, { force: false, platform: undefined }),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error(`not done within ${PULL_WITHIN_MS / 1000} s`)), PULL_WITHIN_MS)
      }),
    ])
    if (!(await image.exists(name))) throw new Error('the pull ended without it')
  } catch (error) {
    throw new EnvironmentError(
      `the image ${name.string} is not here and cannot be pulled: ${pullFault(error)}. ` +
        'HOLDWATER_ETCD_IMAGE names another, such as one that was made here',
      { cause: error },
    )
  } finally {
    clearTimeout(late)
  }
}

/** The host's network is this process's only where the engine runs on this very system. */
function sharesNetwork({ info }: Engine): boolean {
  const { HOLDWATER_ETCD_NETWORK: chosen = '' } = process.env
  if (!['', 'host', 'published'].includes(chosen))
    throw new UsageError(`HOLDWATER_ETCD_NETWORK: expected host or published, got ${JSON.stringify(chosen)}`)
  if (chosen) return chosen === 'host'
  return process.platform === 'linux' && !/docker desktop/i.test(info.containerRuntime.operatingSystem)
}

/** What starts a container becomes the program a moment later: until then the process has another name. */
const BECOMES_WITHIN_MS = 2000
const POLL_MS = 10

/** Its pid where that is one of ours to look at: the kernel then counts its connections. */
async function visiblePid(pid: number): Promise<number | null> {
  for (let waited = 0; waited < BECOMES_WITHIN_MS; waited += POLL_MS) {
    try {
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'etcd') return pid
    } catch {
      return null
    }
    await wait(POLL_MS)
  }
  return null
}

/** What an engine sends of a log: frames of 8 bytes, the last four of them the length, and as many of text. */
function unframed(log: Buffer): string {
  let text = ''
  for (let at = 0; at + 8 <= log.length; ) {
    const end = at + 8 + log.readUInt32BE(at + 4)
    text += log.toString('utf8', at + 8, end)
    at = end
  }
  return text.trim()
}

/** What testcontainers' dockerode connects with, for the warden's own. */
function engineOptions({ container }: Engine) {
  const { socketPath, protocol, host, port, ca, cert, key } = container.dockerode.modem as unknown as Record<
    string,
    unknown
  >
  // They go to the warden as JSON, and keys are text that was read as bytes.
  const pem = (bytes: unknown) => bytes && String(bytes)
  return { socketPath, protocol, host, port, ca: pem(ca), cert: pem(cert), key: pem(key) }
}

/** @throws EnvironmentError when there is no engine, no image, or it does not come to serve */
export async function startEtcdContainer(options: StartOptions): Promise<StartedEtcd> {
  const engine = await findEngine()
  const image = ImageName.fromString(process.env.HOLDWATER_ETCD_IMAGE || IMAGE)
  await haveImage(engine, image, options.say)
  const onHost = sharesNetwork(engine)
  return startCluster(
    {
      provider: 'docker',
      failed: `an etcd in a container of ${image.string} did not start`,
      pace: onHost ? null : PUBLISHED_PACE,
      clusters: onHost,
      start: (member, tls) => startMember(engine, { image: image.string, onHost, tls, warden: options.warden }, member),
    },
    options,
  )
}

type How = { image: string; onHost: boolean; tls: Certificates | null; warden: Warden }

async function startMember(
  engine: Engine,
  { image, onHost, tls, warden }: How,
  options: MemberOptions,
): Promise<Member> {
  const { client } = options.place
  const name = `holdwater-etcd-${randomUUID().slice(0, 8)}`
  const where = onHost ? { listen: '127.0.0.1', port: client } : { listen: '0.0.0.0', port: INNER_PORT }
  const flags = memberFlags(options, { ...where, dataDir: '/holdwater-etcd', tls: tls && INNER_TLS })
  const container = new LoopbackContainer(image)
    .withName(name)
    .withCommand(['etcd', ...flags])
    // We wait until it serves ourselves: looking at ports, testcontainers needs a shell in the image.
    .withWaitStrategy(Wait.forAll([]))
    // The warden removes it, also where Ryuk's image cannot be had.
    .withAutoCleanup(false)
  if (tls) container.withBindMounts([{ source: tls.path, target: INNER_TLS, mode: 'ro' }])
  if (onHost) container.withNetworkMode('host')
  else container.withExposedPorts({ container: INNER_PORT, host: client })
  const { release, made } = warden.keepContainer(name, engineOptions(engine))
  try {
    const started = await container.start()
    made()
    const handle = engine.container.getById(started.getId())
    const life = async (): Promise<Life> => ({
      pid: onHost ? await visiblePid((await handle.inspect()).State.Pid) : null,
      ended: handle.wait().then(
        ({ StatusCode }) => `exit code ${StatusCode}`,
        (error) => messageOf(error),
      ),
    })
    return {
      life: await life(),
      pause: () => handle.pause(),
      resume: () => handle.unpause(),
      stop: (signal) => handle.kill({ signal }),
      async start() {
        await handle.start()
        return life()
      },
      lastWords: async () =>
        unframed(await handle.logs({ follow: false, stdout: true, stderr: true, tail: LAST_LOG_LINES })),
      release,
    }
  } catch (error) {
    await release()
    throw error
  }
}
