import { describe, expect, it } from 'vitest'
import { redactAll, redactArguments, redactor } from './secrets.ts'

const pem = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----'
const redact = redactor({
  MY_API_TOKEN: 'tok-12345678',
  PGPASSWORD: 'hunter2hunter2',
  MYSQL_PWD: 'mysqlmysql',
  GH_PAT: 'pat-abcdef',
  SIGNING_KEY: pem,
  AWS_SECRET_ACCESS_KEY: '/AbCdEf+ghIj',
  DATABASE_URL: 'postgres://me:fromTheUrl@db/x',
  NUMBER_PASSWORD: '123456789',
  HOME: '/home/someone',
  PWD: '/home/here',
  DB_PASSWORD: 'abc',
  MAX_TOKENS: '100000',
  APP_CREDENTIALS: '/etc/passwd',
  TOKEN_TYPE: 'kernel',
})

describe('what looks like a secret is hidden', () => {
  it.each([
    ['a password in a URL', 'etcd at http://root:s3cr3t@127.0.0.1:2379/x', 'etcd at http://root:***@127.0.0.1:2379/x'],
    ['one that holds an @', 'postgres://u:p@ss@db/x', 'postgres://u:***@db/x'],
    ['a URL without a user name', 'redis://:s3cr3t@127.0.0.1', 'redis://:***@127.0.0.1'],
    ['a URL with a token alone', 'https://ghp_abcdefghijklmnop@host/x', 'https://***@host/x'],
    ['an argument', 'run --password=hunter --verbose', 'run --password=*** --verbose'],
    ['an assignment', 'ACCESS_TOKEN=abc/def region=x', 'ACCESS_TOKEN=*** region=x'],
    ['a signed address', 'get /x?sig=abc&n=1', 'get /x?sig=***&n=1'],
    ['JSON', '{"apiKey":"abc","n":1}', '{"apiKey":***,"n":1}'],
    ['a header', 'Authorization: Bearer abcdefgh', 'Authorization: ***'],
    ['another', 'Cookie: a=b; c=d', 'Cookie: ***'],
    ['a quoted one in code', "const password = 'x y'", 'const password = ***'],
    ['one in a log', 'password: abc123', 'password: ***'],
    ['the value of a variable, wherever it is', 'connecting with tok-12345678!', 'connecting with ***!'],
    ['that of a password', 'hunter2hunter2', '***'],
    ['that of other names', 'mysqlmysql pat-abcdef 123456789', '*** *** ***'],
    ['one that looks like a path', 'with /AbCdEf+ghIj', 'with ***'],
    ['a password that an address held', 'no fromTheUrl here', 'no *** here'],
    ['a line of a key of several lines', 'x AQEFAASCBKcwggSjAgEAAoIB y', 'x *** y'],
    ['such a key as JSON has it', JSON.stringify({ pem }), '{"pem":"***"}'],
  ])('%s', (_, text, hidden) => {
    expect(redact(text)).toBe(hidden)
  })

  it('in arguments, also where two words make one', () => {
    const argv = ['ctl', '--token', 'abc', '-c', 'x.yml', 'http://a:b@c', '-u', 'me:pw', '--pass', 'x']
    expect(redactArguments(argv, redact)).toEqual([
      'ctl',
      '--token',
      '***',
      '-c',
      'x.yml',
      'http://a:***@c',
      '-u',
      'me:***',
      '--pass',
      '***',
    ])
  })

  it('in values, and in keys that others named', () => {
    const ofProcess = (id: string) => ({ processes: { [id]: { threads: 1 } } })
    expect(redactAll(ofProcess('7 http://a:b@c'), redact)).toEqual(ofProcess('7 http://a:***@c'))
    expect(redactAll({ detail: { sockets: { 'http://a:b@c': 1 } }, texts: ['tok-12345678', null] }, redact)).toEqual({
      detail: { sockets: { 'http://a:***@c': 1 } },
      texts: ['***', null],
    })
  })
})

it('is no secret if it is a word of ours: a recording stays readable', () => {
  const hides = redactor({ MY_TOKEN: 'kernel', OTHER_SECRET: 'listeners' })
  const line = { line: 'checkpoint', view: 'kernel', name: 'listeners', readings: { listeners: 3 }, text: 'kernel' }
  expect(redactAll(line, hides)).toEqual({ ...line, text: '***' })
})

it('takes no longer for a long line', () => {
  // A pattern that begins anew at every letter, or that runs on, would take hours.
  for (const long of ['a'.repeat(2 ** 20), 'token-'.repeat(2 ** 17), ' password'.repeat(2 ** 17)])
    expect(redact(long)).toBe(long)
})

it.each([
  'grows by 1.00 per cycle (95 %: 0.58 to 1.66), budget 0',
  'http://127.0.0.1:2379',
  'http://127.0.0.1:4873/@scope/name',
  'ssh://git@host/x',
  'src/tokenizer.ts:12 in tokens',
  '/home/someone/x: the password is wrong',
  'abc',
  'a@b.example: no URL',
  'const token = acquire(); let secret: string',
  '100000 tokens in /etc/passwd of /home/here',
  'the view of the kernel',
])('leaves %s as it is', (text) => {
  expect(redact(text)).toBe(text)
})
