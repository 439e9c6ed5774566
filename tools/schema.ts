/** Writes reports/results.schema.json, the published JSON Schema of results.json, from its zod schema. */
import { writeFileSync } from 'node:fs'
import { resultsJsonSchema } from '../harness/results-schema.ts'

writeFileSync('reports/results.schema.json', resultsJsonSchema())
