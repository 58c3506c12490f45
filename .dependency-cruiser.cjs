/** The layering table of docs/design.md: an arrow that is not listed here is an error. */
const npm = (names) => `node_modules/(@types/)?(${names})(/|$)`;
const allow = (from, to, note) => ({ comment: note, from: { path: from }, to: { path: to } });
const own = (folder) => allow(`^${folder}/`, `^${folder}/`);
const builtins = (from) => ({ from: { path: from }, to: { dependencyTypes: ['core'] } });
const test = '\\.test\\.tsx?$';

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  allowed: [
    own('base'),
    allow('^protocol/', '^(base|protocol)/'),
    allow('^protocol/', npm('zod')),

    allow('^media/sdp/', '^(base|media/sdp)/'),
    allow('^media/sdp/', npm('sdp-transform')),
    allow('^media/edge/', '^(base|media/edge|media/sdp)/'),
    allow('^media/audio/', '^(base|media/audio)/'),
    allow('^media/audio/', npm('libopus-wasm')),
    allow('^media/recording/', '^(base|media/audio|media/recording)/'),
    allow('^media/recording/', npm('zod')),
    allow('^media/mediasoup/', '^(base|protocol|media/sdp|media/mediasoup)/'),
    allow('^media/mediasoup/', npm('mediasoup')),
    allow('^media/ears/', '^(base|protocol|media/audio|media/ears)/'),
    allow('^media/ears/', npm('@echogarden/fvad-wasm|ws|pinyin-pro')),
    allow('^media/[^/]+\\.ts$', '^(base|protocol|media)/'),
    allow('^media/(shards|rpc)/', '^(base|protocol|media)/'),
    allow('^media/([^/]+\\.ts$|shards/|rpc/)', npm('pino|zod|mediasoup')),
    builtins('^media/(edge|audio|mediasoup|ears|recording|shards|rpc)/'),
    builtins('^media/[^/]+\\.ts$'),

    allow(
      '^server/sip-engine/',
      '^(base|server/sip-engine|protocol/(engine-link|engine-journal|ids|sip-statuses|sip-replaces))',
    ),
    allow('^server/sip-engine/', npm('ws|undici')),
    allow('^server/sip/', '^(base|protocol|server/sip)/'),
    allow('^server/sip/', npm('drachtio-srf|libphonenumber-js|jose')),
    allow('^server/dialplan/', '^(base|server/dialplan)/'),
    allow('^server/dialplan/', npm('zod|yaml')),
    allow('^server/routing/', '^(base|server/routing)/'),
    allow('^server/routing/', npm('zod|yaml')),
    allow('^server/(ledger|store)/', '^(base|protocol|server/ledger|server/store)/'),
    allow('^server/(ledger|store)/', npm('ulid|zod')),
    allow('^server/quality/', '^(base|protocol|server/quality)/'),
    allow('^server/insight/', '^(base|protocol|server/insight)/'),
    allow('^server/insight/', npm('zod|yaml|pinyin-pro|@node-rs/jieba')),
    allow('^server/crm/', '^(base|protocol|server/store|server/crm)/'),
    allow('^server/crm/', npm('libphonenumber-js|zod|ulid')),
    allow('^server/channels/', '^(base|protocol|server/store|server/channels)/'),
    allow('^server/calls/', '^(base|protocol|server/calls)/'),
    allow('^server/recordings/', '^(base|server/recordings|media/recording)/'),
    { from: { path: '^server/' }, to: { path: '^server/[^/]+/ports\\.ts$', dependencyTypes: ['type-only'] } },
    allow('^server/(http|desk)/', '^(base|protocol|server/http|server/desk)/'),
    allow('^server/(http|desk)/', '^server/[^/]+/index\\.ts$'),
    allow('^server/(http|desk)/', npm('express|ws|zod|prom-client|ulid')),
    allow('^server/[^/]+\\.ts$', '^(base|protocol|server)/'),
    allow('^server/[^/]+\\.ts$', npm('pino|zod|yaml|ulid|prom-client')),
    builtins('^server/(sip-engine|sip|ledger|store|insight|crm|channels|calls|recordings|http|desk)/'),
    builtins('^server/dialplan/(loader|watch|check)'),
    builtins('^server/[^/]+\\.ts$'),

    allow('^cli/', '^(base|protocol|cli|certs)/'),
    allow('^cli/', '^server/[^/]+/index\\.ts$'),
    allow('^cli/', '^server/[^/]+\\.ts$'),
    allow('^cli/', '^media/[^/]+\\.ts$'),
    allow('^cli/', npm('commander|zod|yaml|pino|ws|pinyin-pro|undici')),
    builtins('^cli/'),
    own('certs'),
    allow('^certs/', npm('@peculiar/x509|reflect-metadata')),
    builtins('^certs/'),

    allow('^softphone/renderer/', '^(base|protocol|softphone/renderer|softphone/bridge)'),
    allow('^softphone/renderer/', npm('react|react-dom|antd|@ant-design/icons|sip\\.js|i18next|react-i18next|dayjs')),
    allow('^softphone/(main|preload)/', '^(base|protocol|softphone/(main|preload|bridge))'),
    allow('^softphone/(main|preload)/', npm('electron')),
    builtins('^softphone/(main|preload)/'),

    { comment: 'tests sit beside their source and may use anything', from: { path: test }, to: {} },
    { from: { path: '^(test|bench|scripts)/' }, to: {} },
    { from: { path: '^[^/]+\\.(ts|js|mjs|cjs)$' }, to: {} },
    { from: { path: 'node_modules' }, to: {} },
  ],
  allowedSeverity: 'error',
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.jackfield)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
