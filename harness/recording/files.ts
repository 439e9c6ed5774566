/** What the files of a run are called. */

/** What a run records, by its role: a second run confirms what the first one saw, and another explains it. */
export const RECORDING_FILES = {
  measure: 'recording.ndjson',
  confirm: 'recording.confirm.ndjson',
  explain: 'recording.explain.ndjson',
} as const

/** What `holdwater run` leaves in its folder for machines, and for whoever compares. */
export const RESULTS_FILE = 'results.json'
