/** What a recording comes to in the reports, for tests that run nothing. */
import { judge } from '../harness/judge/judge.ts'
import { RESULTS_SCHEMA, type Recording } from '../harness/model.ts'
import { toRun } from '../reports/results.ts'

export const runOf = (recording: Recording) =>
  toRun([{ recording, path: 'a/scenario/recording.ndjson' }], judge(recording))
export const reportOf = (...recordings: Recording[]) => {
  const [first] = recordings as [Recording]
  const { tool, host, startedAt } = first.header
  return {
    results: {
      schema: RESULTS_SCHEMA as typeof RESULTS_SCHEMA,
      revision: null,
      baseline: null,
      tool,
      host,
      startedAt,
      runs: recordings.map(runOf),
    },
    recordings: new Map(recordings.map((recording) => [recording.header.plan.scenario.name, recording])),
  }
}
