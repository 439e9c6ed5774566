// Who may import what: data flows one way, and pure rooms stay pure. Run by `npm run check`.
const only = (from, to, comment) => ({
  name: `${from} imports only ${to.join(', ')}`,
  comment,
  severity: 'error',
  from: { path: `^${from}`, pathNot: '\\.test\\.ts$' },
  to: { pathNot: to.map((path) => `^${path}`), dependencyTypesNot: ['core'] },
})

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^holdwater$' } },
    only('harness/model', ['harness/model/', 'node_modules/zod'], 'The glossary depends on nothing.'),
    only(
      'harness/judge/',
      ['harness/judge/', 'harness/model\\.ts', 'node_modules/(jstat|simple-statistics)'],
      'Judging is pure: series in, verdict out.',
    ),
    only(
      'harness/explain/',
      ['harness/explain/', 'harness/model\\.ts'],
      'Explaining is pure: evidence in, suspects out.',
    ),
    {
      name: 'explaining is pure',
      severity: 'error',
      from: { path: '^harness/explain/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'judge and loop are pure',
      severity: 'error',
      from: { path: '^harness/(judge|loop)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    only(
      'harness/probe/',
      [
        'harness/probe/',
        'harness/scenario/scenario\\.ts',
        'harness/observe/protocol\\.ts',
        'harness/model\\.ts',
        'node_modules/why-is-node-running',
      ],
      'The probe runs inside targets: it brings nothing but types along, and what lists the holders of a process.',
    ),
    only(
      'harness/processes/',
      ['harness/processes/', 'harness/errors\\.ts', 'node_modules/(@types/)?dockerode'],
      'Starting and ending processes knows nothing of what they are.',
    ),
    only(
      'harness/dcs/',
      [
        'harness/dcs/',
        'harness/processes/',
        'harness/model\\.ts',
        'harness/errors\\.ts',
        'node_modules/(testcontainers|selfsigned|(@types/)?dns-packet)',
      ],
      'An etcd, however it can be had.',
    ),
    only(
      'harness/load/',
      [
        'harness/load/',
        'harness/processes/',
        'harness/probe/node/news\\.js',
        'harness/model\\.ts',
        'harness/errors\\.ts',
        'node_modules/(@types/)?autocannon',
      ],
      'Requests to a server, whatever it is.',
    ),
    only(
      'harness/recording/',
      [
        'harness/recording/',
        'harness/model\\.ts',
        'harness/errors\\.ts',
        'harness/folder\\.ts',
        'harness/secrets\\.ts',
        'harness/scenario/amounts\\.ts',
        'node_modules/(csv-parse|zod)',
      ],
      'The only room that touches a recording’s disk.',
    ),
    only('harness/loop/', ['harness/loop/', 'harness/model\\.ts'], 'What a run does next is decided without a world.'),
    only(
      'harness/observe/',
      [
        'harness/observe/',
        'harness/loop/',
        'harness/dcs/',
        'harness/load/',
        'harness/processes/',
        'harness/recording/',
        'harness/model\\.ts',
        'harness/errors\\.ts',
        'harness/secrets\\.ts',
        'node_modules/zod',
      ],
      'Observing judges nothing: the judge is handed in.',
    ),
    only(
      'reports/',
      ['reports/', 'harness/model\\.ts', 'node_modules/(string-width|uplot|xmlbuilder2)'],
      'Reports are functions of one plain value.',
    ),
    only(
      'scenarios/',
      ['scenarios/', 'node_modules/', 'holdwater', 'harness/index\\.ts'],
      'Scenarios are what users write.',
    ),
    {
      name: 'nobody imports a test or a command',
      severity: 'error',
      from: { pathNot: '^(harness/main|harness/commands/|tests/)' },
      to: { path: '^harness/commands/|\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$|^scenarios/corpus/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['holdwater-source', 'import', 'require', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
