/** results.json: the contract as it is. */
import type { Report } from '../harness/model.ts'

export const renderJson = ({ results }: Report): string => `${JSON.stringify(results, null, 2)}\n`
