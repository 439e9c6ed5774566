/** The JSON Schema of results.json, for who reads it in another language. */
import { z } from 'zod'
import { resultsSchema } from './model.ts'

export const resultsJsonSchema = (): string =>
  `${JSON.stringify({ title: 'holdwater results', ...z.toJSONSchema(resultsSchema) }, null, 2)}\n`
