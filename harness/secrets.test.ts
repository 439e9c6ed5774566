import { describe, expect, it } from 'vitest'
import { redactAll, redactArguments, redactor } from './secrets.ts'

const redact = redactor({
  MY_API_TOKEN: 'tok-12345678',
  PGPASSWORD: 'hunter2hunter2',
  HOME: '/home/someone',
  DB_PASSWORD: 'abc',
  MAX_TOKENS: '100000',
  APP_CREDENTIALS: '/etc/credentials.json',
})

describe('what looks like a secret is hidden', () => {
  it.each([
    ['a password in a URL', 'etcd at http://root:s3cr3t@127.0.0.1:2379/x', 'etcd at http://root:***@127.0.0.1:2379/x'],
    ['one that holds an @', 'postgres://u:p@ss@db/x', 'postgres://u:***@db/x'],
    ['a URL without a user name', 'redis://:s3cr3t@127.0.0.1', 'redis://:***@127.0.0.1'],
    ['an argument', 'run --password=hunter --verbose', 'run --password=*** --verbose'],
    ['an assignment', 'AWS_SECRET_ACCESS_KEY=abc/def region=x', 'AWS_SECRET_ACCESS_KEY=*** region=x'],
    ['JSON', '{"apiKey":"abc","n":1}', '{"apiKey":***,"n":1}'],
    ['a header', 'Authorization: Bearer abcdefgh', 'Authorization: Bearer ***'],
    ['a quoted one in code', "const password = 'x y'", 'const password = ***'],
    ['the value of a variable, wherever it is', 'connecting with tok-12345678!', 'connecting with ***!'],
    ['that of a password', 'hunter2hunter2', '***'],
  ])('%s', (_, text, hidden) => {
    expect(redact(text)).toBe(hidden)
  })

  it('in arguments, also where two words make one', () => {
    expect(redactArguments(['ctl', '--token', 'abc', '-c', 'x.yml', 'http://a:b@c'], redact)).toEqual([
      'ctl',
      '--token',
      '***',
      '-c',
      'x.yml',
      'http://a:***@c',
    ])
  })

  it('in keys and values, however deep', () => {
    expect(redactAll({ sockets: { 'peer http://a:b@c': 1 }, list: ['tok-12345678', null] }, redact)).toEqual({
      sockets: { 'peer http://a:***@c': 1 },
      list: ['***', null],
    })
  })
})

it('takes no longer for a long line', () => {
  // A pattern that begins anew at every letter would take hours.
  const long = 'a'.repeat(2 ** 20)
  expect(redact(long)).toBe(long)
})

it.each([
  'grows by 1.00 per cycle (95 %: 0.58 to 1.66), budget 0',
  'http://127.0.0.1:2379',
  'src/tokenizer.ts:12 in tokens',
  '/home/someone/x: the password is wrong',
  'abc',
  'a@b.example: no URL',
  'const token = acquire(); let secret: string',
  '100000 tokens in /etc/credentials.json',
])('leaves %s as it is', (text) => {
  expect(redact(text)).toBe(text)
})
