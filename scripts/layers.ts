/**
 * The layer check: imports go only down (docs/ARCHITECTURE.md). Reads every import of `packages`, `apps`, `e2e` and
 * `scripts` with dependency-cruiser and prints each that breaks a rule.
 *
 * dependency-cruiser needs TypeScript's compiler API. Where it cannot find one it silently reads nothing, so a
 * minimum number of modules is asserted: a check that saw nothing must not pass.
 */
import { existsSync, globSync, readdirSync } from 'node:fs'
import { cruise } from 'dependency-cruiser'
import type { ICruiseResult, IForbiddenRuleType } from 'dependency-cruiser'

/** Package → layer. A package may import lower layers; what it may import of its own layer stands in `sideways`. */
const layers: Readonly<Record<string, number>> = {
  primitives: 0,
  crypto: 1,
  chain: 1,
  consensus: 2,
  mempool: 2,
  sync: 2,
  'light-client': 2,
  ports: 3,
  storage: 4,
  network: 4,
  executor: 4,
  rpc: 4,
  node: 5,
  'platform-node': 5,
  'platform-browser': 5,
  playwright: 6,
}

const sideways: Readonly<Record<string, readonly string[]>> = {
  chain: ['crypto'],
  rpc: ['storage'],
  'platform-node': ['node'],
  'platform-browser': ['node'],
}

/** The test kit starts the command's own local networks: there is no second way to start a network. */
const appsAllowed: Readonly<Record<string, string>> = { playwright: '^apps/cli/src/index\\.ts$' }

/** Packages that run unchanged on a server and in a tab: they know no platform. */
const universal = Object.keys(layers).filter((name) => !name.startsWith('platform-') && name !== 'playwright')

/** Libraries of one platform: only the platform packages and the apps may import them. */
const platformLibraries = [
  '@chainsafe/libp2p-quic',
  '@chainsafe/blst',
  '@fastify/websocket',
  '@libp2p/(circuit-relay-v2|keychain|tcp|webrtc|websockets)',
  'classic-level',
  'comlink',
  'datastore-[a-z]+',
  'fastify',
  'idb',
  'node-datachannel',
  'pino',
  'prom-client',
  'preact',
  'tiny-secp256k1',
  'ws',
]

/** The one universal package with a back end per platform, each behind its own export. */
const nativeBackEnds = '^packages/crypto/src/bls-native'

/** dependency-cruiser must have seen nearly every source file that is on the disk. */
const sourceFiles = globSync('{packages,apps}/*/{src,test}/**/*.{ts,tsx}').length
const modulesMin = Math.max(50, Math.floor(sourceFiles * 0.95))

const result = await readImports()
const violations = [...result.summary.violations.map(describeViolation), ...packagesWithoutLayer()]
for (const line of violations) console.log(line)
if (result.modules.length < modulesMin) {
  console.log(
    `only ${result.modules.length} modules were read, there are ${sourceFiles} files: the check saw too little`,
  )
  process.exitCode = 1
}
if (violations.length > 0) process.exitCode = 1
console.log(
  `${result.modules.length} modules, ${result.summary.totalDependenciesCruised ?? 0} imports, ${violations.length} violations`,
)

async function readImports(): Promise<ICruiseResult> {
  const folders = ['packages', 'apps', 'e2e', 'scripts', 'wasm-core'].filter((folder) => existsSync(folder))
  const { output } = await cruise(
    folders,
    {
      validate: true,
      ruleSet: { forbidden: [...generalRules(), ...Object.keys(layers).map(layerRule)] },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '(^|/)(dist|target|artefact)/' },
      outputType: 'json',
    },
    {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  )
  return typeof output === 'string' ? (JSON.parse(output) as ICruiseResult) : output
}

function layerRule(name: string): IForbiddenRuleType {
  const layer = layers[name] ?? 0
  const allowed = Object.keys(layers).filter(
    (other) => other === name || (layers[other] ?? 0) < layer || sideways[name]?.includes(other),
  )
  return {
    name: `layer-${layer}-${name}`,
    severity: 'error',
    comment: `${name} (layer ${layer}) may import only ${allowed.join(', ')}`,
    from: { path: `^packages/${name}/src/` },
    to: {
      path: '^(packages|apps|e2e|scripts)/',
      pathNot: `^packages/(${allowed.join('|')})/|${appsAllowed[name] ?? '^$'}`,
    },
  }
}

function generalRules(): IForbiddenRuleType[] {
  const universalSources = `^packages/(${universal.join('|')})/src/`
  return [
    { name: 'no-cycle', severity: 'error', comment: 'import cycle', from: {}, to: { circular: true } },
    {
      name: 'no-platform-builtin',
      severity: 'error',
      comment: 'runs in a tab too: comes through a port',
      from: { path: universalSources, pathNot: nativeBackEnds },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-platform-library',
      severity: 'error',
      comment: 'only platform packages and apps may import platform libraries',
      from: { path: universalSources, pathNot: nativeBackEnds },
      to: { path: `node_modules/(${platformLibraries.join('|')})/` },
    },
    {
      name: 'no-reaching-inside',
      severity: 'error',
      comment: 'import another package by its name, through its exports',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-app-import',
      severity: 'error',
      comment: 'nothing imports an app',
      from: { path: '^packages/', pathNot: '^packages/playwright/' },
      to: { path: '^(apps|e2e|scripts)/' },
    },
    {
      name: 'no-test-import',
      severity: 'error',
      comment: 'sources do not import tests or the testing package',
      from: { path: '^(packages|apps)/(?!testing/)[^/]+/src/' },
      to: { path: '(^packages/testing/|/test/|\\.test\\.ts$)', pathNot: '^node_modules/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'cannot be found',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?url$' },
    },
  ]
}

function describeViolation(violation: ICruiseResult['summary']['violations'][number]): string {
  const path = violation.cycle === undefined ? violation.to : violation.cycle.map((step) => step.name).join(' → ')
  return `${violation.rule.name}: ${violation.from} → ${path}${violation.comment === undefined ? '' : ` (${violation.comment})`}`
}

function packagesWithoutLayer(): string[] {
  return readdirSync('packages')
    .filter((name) => name !== 'testing' && layers[name] === undefined)
    .map((name) => `layers: packages/${name} has no layer in scripts/layers.ts`)
}
