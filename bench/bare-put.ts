/** The loop of etcd3/put without holdwater: prints its cycles per second. Arguments: HOST:PORT CYCLES */
import scenario from '../scenarios/etcd3/put.scenario.ts'

const [host = '', cycles = '0'] = process.argv.slice(2)
const etcd = { hosts: [host], endpoints: [`http://${host}`], ca: null, auth: null }
const from = performance.now()
for (let index = 0; index < Number(cycles); index++)
  await scenario.cycle({ etcd, index, dir: '', fixture: undefined, log() {}, signal: new AbortController().signal })
console.log((Number(cycles) / (performance.now() - from)) * 1000)
