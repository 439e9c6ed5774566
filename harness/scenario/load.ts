/** Load as a person writes it in a scenario, checked. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'
import { duration, positive } from './amounts.ts'
import { functionOr } from './values.ts'

const DEFAULT_CONNECTIONS = 10
/** A batch has one request each at least, and a run a hundred batches. */
const MOST_CONNECTIONS = 500
const CONNECTIONS_EXPECTED = `a whole number up to ${MOST_CONNECTIONS}`
const URL_FORM = "a URL such as 'http://127.0.0.1:8080/'"
const URL_EXPECTED = `${URL_FORM}, or a function that returns it`

const isHttp = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

const HEADERS_EXPECTED = "headers that HTTP allows, such as { accept: 'text/plain' }"
function areHeaders(headers: Record<string, string>): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
    return true
  } catch {
    return false
  }
}

/** @throws Error for what is no URL that requests could go to */
export function urlOf(text: unknown): URL {
  if (typeof text === 'string' && isHttp(text)) return new URL(text)
  throw new Error(`expected ${URL_FORM}, got ${text === null ? 'nothing' : JSON.stringify(text)}`)
}

/** `url: null` is a function, asked once the server is there. */
export const loadField = z
  .strictObject(
    {
      url: z.union([z.string().refine(isHttp, URL_EXPECTED), functionOr(URL_EXPECTED).transform(() => null)], {
        error: URL_EXPECTED,
      }),
      connections: positive.max(MOST_CONNECTIONS, CONNECTIONS_EXPECTED).default(DEFAULT_CONNECTIONS),
      rate: z.number('requests per second').positive('requests per second, above 0').optional(),
      amount: positive.optional(),
      duration: duration.optional(),
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
      headers: z
        .record(z.string(), z.string('a text'), HEADERS_EXPECTED)
        .refine(areHeaders, HEADERS_EXPECTED)
        .default({}),
      body: z.string('a text').optional(),
      hangUpAfter: duration.optional(),
    },
    { error: "{ url: 'http://127.0.0.1:8080/', connections: 10 }" },
  )
  .transform(({ amount, duration: forMs, rate, body, hangUpAfter, ...rest }) => ({
    ...rest,
    amount,
    forMs,
    rate: rate ?? null,
    body: body ?? null,
    hangUpAfterMs: hangUpAfter ?? null,
  }))
