/** What `--reporter` may name. Apart from the reporters themselves, which the command line need not load to read its options. */

/** Of `holdwater run` and `holdwater report`; `terminal` and `github` leave no file. */
export const reporterNames: readonly string[] = ['terminal', 'html', 'json', 'junit', 'markdown', 'github']
/** Of pages about several runs. */
export const severalNames: readonly string[] = ['terminal', 'html', 'json', 'markdown']
/** Unless `--reporter` says otherwise. */
export const defaultReporters = ({ GITHUB_ACTIONS }: NodeJS.ProcessEnv): string[] => [
  'terminal',
  'html',
  'json',
  ...(GITHUB_ACTIONS ? ['github'] : []),
]
