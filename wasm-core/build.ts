/**
 * Builds the committed modules: `npm run build:wasm`, or `npm run build:wasm -- core` for one of `core` and `light`. With
 * `--check` they are rebuilt elsewhere and compared. `--profile` makes `target/<name>.profile.wasm` instead: the same code
 * with function names, for profilers, and with the operation of the core's feature `bench`.
 *
 * The artefacts are committed, so users need no Rust. They are reproducible for one toolchain: same sources, same crate
 * lock, same rustc, same clang (for the C in `light`), same wasm-opt give the same bytes. Paths are remapped and locations left out, so the machine leaves no trace.
 *
 * Exit codes: 0 done, or equal · 1 a step failed · 2 `--check`: the bytes differ · 3 no toolchain or crates here ·
 * 4 `--check`: the toolchain here is not the lock's, so nothing can be said.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ARTEFACTS, type Artefact, artefactFolder, isArtefactName } from './artefacts.ts'
import { sourcesSha256 } from './source-digest.ts'

const EXIT = { failed: 1, differs: 2, noToolchain: 3, otherToolchain: 4 } as const
const TARGET = 'wasm32-unknown-unknown'
const root = dirname(fileURLToPath(import.meta.url))
const CLANG = 'clang-19'
const LLVM_AR = 'llvm-ar-19'
const OPTIMISE = ['-O3', '--all-features', '--disable-gc']
const STRIP = ['--strip-debug', '--strip-producers']
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm', 'lld-19', 'clang-19', 'llvm-19']

interface Toolchain {
  readonly name: 'rustup' | 'debian'
  readonly cargo: string
  readonly rustc: string
  readonly version: string
  /** The standard library is built from source: Debian ships none for this target. */
  readonly buildStd: boolean
}

/** `artefact/<name>.lock.json`; the core's is part of the chain spec through `sha256`. */
interface ArtefactLock {
  readonly sha256: string
  readonly sizeBytes: number
  readonly rustc: string
  readonly toolchain: Toolchain['name']
  /** Only where C is compiled. */
  readonly clang?: string
  readonly wasmOpt: string
  readonly cargoLockSha256: string
  /** See `source-digest.ts`. */
  readonly sourcesSha256: string
}

class BuildError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

try {
  const flag = { type: 'boolean', default: false } as const
  const options = { check: flag, profile: flag }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const action = values.check ? check : values.profile ? buildProfile : build
  for (const artefact of named(positionals)) action(artefact)
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}

/** All where none is named. */
function named(names: readonly string[]): readonly Artefact[] {
  const unknown = names.find((name) => !isArtefactName(name))
  if (unknown !== undefined) throw new BuildError(`there is no artefact ${unknown}`, EXIT.failed)
  return ARTEFACTS.filter(({ name }) => names.length === 0 || names.includes(name))
}

function build(artefact: Artefact): void {
  const toolchain = findToolchain(readLock(artefact))
  console.log(`building ${artefact.name} with ${toolchain.version} (${toolchain.name})`)
  const { wasm, lock } = compile(artefact, toolchain, join(artefact.crate, 'target'))
  mkdirSync(artefactFolder, { recursive: true })
  writeFileSync(artefact.file, wasm)
  writeFileSync(artefact.lockFile, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`${artefact.name}.wasm ${lock.sizeBytes} bytes, sha256 ${lock.sha256}`)
}

function buildProfile(artefact: Artefact): void {
  const folder = join(artefact.crate, 'target')
  const file = join(folder, `${artefact.name}.profile.wasm`)
  const raw = cargoBuild(artefact, findToolchain(readLock(artefact)), folder, artefact.profileOptions)
  run(process.execPath, [wasmOptPath(), ...OPTIMISE, '-g', raw, '-o', file])
  console.log(file)
}

function check(artefact: Artefact): void {
  const { name } = artefact
  const lock = readLock(artefact)
  if (lock === undefined)
    throw new BuildError(`artefact/${name}.lock.json is missing: run the build first`, EXIT.failed)
  if (hashOf(readFileSync(artefact.file)) !== lock.sha256) {
    throw new BuildError(`${name}.wasm is not the artefact ${name}.lock.json names`, EXIT.differs)
  }
  // A check changes nothing on the machine, and its last line says why it could not compare.
  const toolchain = findToolchain(lock, { mayInstall: false })
  const here = [toolchain.version, toolchain.name, clangVersion(artefact), wasmOptVersion()]
  const there = [lock.rustc, lock.toolchain, lock.clang, lock.wasmOpt]
  if (here.join() !== there.join()) {
    const words = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(', ')
    const message = `cannot compare ${name}: the lock was made with ${words(there)}, here is ${words(here)}`
    throw new BuildError(message, EXIT.otherToolchain)
  }
  const target = mkdtempSync(join(tmpdir(), `cairn-${name}-`))
  try {
    const rebuilt = compile(artefact, toolchain, target).lock
    if (rebuilt.sha256 !== lock.sha256) {
      throw new BuildError(`the rebuilt ${name} differs: ${rebuilt.sha256}, committed ${lock.sha256}`, EXIT.differs)
    }
    console.log(`the committed ${name} is what its sources build: sha256 ${lock.sha256}`)
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
}

function compile(
  artefact: Artefact,
  toolchain: Toolchain,
  targetFolder: string,
): { readonly wasm: Buffer; readonly lock: ArtefactLock } {
  const raw = cargoBuild(artefact, toolchain, targetFolder)
  const optimised = join(targetFolder, `${artefact.name}.wasm`)
  run(process.execPath, [wasmOptPath(), ...OPTIMISE, ...STRIP, raw, '-o', optimised])
  const wasm = readFileSync(optimised)
  const clang = clangVersion(artefact)
  return {
    wasm,
    lock: {
      sha256: hashOf(wasm),
      sizeBytes: wasm.length,
      rustc: toolchain.version,
      toolchain: toolchain.name,
      ...(clang === undefined ? {} : { clang }),
      wasmOpt: wasmOptVersion(),
      cargoLockSha256: hashOf(readFileSync(join(artefact.crate, 'Cargo.lock'))),
      sourcesSha256: sourcesSha256(artefact),
    },
  }
}

/** @return the module's file */
function cargoBuild(
  artefact: Artefact,
  toolchain: Toolchain,
  targetFolder: string,
  options: readonly string[] = [],
): string {
  const cargo = ['build', '--release', '--locked', '--target', TARGET, '--target-dir', targetFolder, ...options]
  if (process.env['CAIRN_BUILD_JOBS'] !== undefined) cargo.push('-j', process.env['CAIRN_BUILD_JOBS'])
  if (toolchain.buildStd) cargo.push('-Zbuild-std=std,panic_abort')
  const cwd = artefact.crate
  // The registry's folder name holds a hash of its address, so sources are fetched before their paths can be mapped.
  run(toolchain.cargo, ['fetch', '--locked'], { cwd, env: { RUSTC: toolchain.rustc }, exitCode: EXIT.noToolchain })
  const env = {
    RUSTC: toolchain.rustc,
    CARGO_ENCODED_RUSTFLAGS: rustFlags(artefact, toolchain).join('\x1f'),
    // Unstable options on a stable compiler: build-std, no locations, abort without a message.
    RUSTC_BOOTSTRAP: '1',
    ...(toolchain.buildStd ? { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: 'wasm-ld-19' } : {}),
    ...(artefact.hasC ? { CC_wasm32_unknown_unknown: CLANG, AR_wasm32_unknown_unknown: LLVM_AR } : {}),
  }
  run(toolchain.cargo, cargo, { cwd, env })
  return join(targetFolder, TARGET, 'release', `cairn_${artefact.name}.wasm`)
}

/** `undefined` where nothing is compiled with it. */
function clangVersion(artefact: Artefact): string | undefined {
  if (!artefact.hasC) return undefined
  const version = tryOutput(CLANG, ['--version'])?.split('\n')[0]
  if (version === undefined || tryOutput(LLVM_AR, ['--version']) === undefined) {
    throw new BuildError(`no ${CLANG} or ${LLVM_AR} here, which ${artefact.name} is built with`, EXIT.noToolchain)
  }
  return version
}

function rustFlags({ crate, name }: Artefact, toolchain: Toolchain): string[] {
  const registry = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'registry', 'src')
  const sources = existsSync(registry) ? readdirSync(registry).map((name) => join(registry, name)) : []
  const remap = (from: string, to: string): string => `--remap-path-prefix=${from}=${to}`
  return [
    ...(toolchain.buildStd ? ['-Clinker-flavor=wasm-ld', '-Zunstable-options', '-Cpanic=immediate-abort'] : []),
    '-Zlocation-detail=none',
    remap(crate, `/${name}`),
    ...sources.map((folder) => remap(folder, '/registry')),
    remap(output(toolchain.rustc, ['--print', 'sysroot']), '/rust'),
  ]
}

/** The lock's toolchain where it is here, else whatever can build; installed where this user may and it is wanted. */
function findToolchain(lock: ArtefactLock | undefined, { mayInstall } = { mayInstall: true }): Toolchain {
  const found = [rustupToolchain(), debianToolchain()].filter((toolchain) => toolchain !== undefined)
  const locked = found.find(({ name, version }) => name === lock?.toolchain && version === lock.rustc)
  const any = locked ?? found[0] ?? (mayInstall ? installedToolchain() : undefined)
  if (any !== undefined) return any
  const packages = DEBIAN_PACKAGES.join(' ')
  const ways = `  rustup target add ${TARGET}\n  apt-get install ${packages}    (Debian 12)`
  const hint = mayInstall ? `. Either of these gives one:\n${ways}` : ''
  throw new BuildError(`no Rust toolchain for ${TARGET} here${hint}`, EXIT.noToolchain)
}

function rustupToolchain(): Toolchain | undefined {
  const libraries = tryOutput('rustc', ['--print', 'target-libdir', '--target', TARGET])
  const version = tryOutput('rustc', ['--version'])
  if (libraries === undefined || version === undefined || !existsSync(libraries)) return undefined
  return { name: 'rustup', cargo: 'cargo', rustc: 'rustc', version, buildStd: false }
}

function debianToolchain(): Toolchain | undefined {
  const [cargo, rustc] = ['/usr/bin/cargo', '/usr/bin/rustc']
  const version = existsSync(cargo) ? tryOutput(rustc, ['--version']) : undefined
  const hasSources = existsSync('/usr/lib/rustlib/src/rust/library')
  if (version === undefined || !hasSources || tryOutput('wasm-ld-19', ['--version']) === undefined) return undefined
  return { name: 'debian', cargo, rustc, version, buildStd: true }
}

function installedToolchain(): Toolchain | undefined {
  const mayInstall = process.getuid?.() === 0 && tryOutput('apt-get', ['--version']) !== undefined
  if (!mayInstall) return undefined
  console.log(`installing ${DEBIAN_PACKAGES.join(' ')}`)
  const installed = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES], {
    stdio: 'inherit',
  })
  return installed.status === 0 ? debianToolchain() : undefined
}

function wasmOptPath(): string {
  const require = createRequire(import.meta.url)
  let folder: string
  try {
    folder = dirname(require.resolve('binaryen'))
  } catch {
    throw new BuildError('the npm package binaryen (wasm-opt) is missing: run npm install', EXIT.noToolchain)
  }
  while (!existsSync(join(folder, 'bin', 'wasm-opt'))) {
    if (folder === dirname(folder)) throw new BuildError('binaryen carries no wasm-opt', EXIT.noToolchain)
    folder = dirname(folder)
  }
  return join(folder, 'bin', 'wasm-opt')
}

function wasmOptVersion(): string {
  return output(process.execPath, [wasmOptPath(), '--version'])
}

function readLock({ lockFile }: Artefact): ArtefactLock | undefined {
  return existsSync(lockFile) ? (JSON.parse(readFileSync(lockFile, 'utf8')) as ArtefactLock) : undefined
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly exitCode?: number
}

function run(command: string, args: readonly string[], { cwd = root, env, exitCode }: RunOptions = {}): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status === 0) return
  const reason = error?.message ?? `exit ${status}`
  throw new BuildError(`${command} ${args[0] ?? ''}: ${reason}`, exitCode ?? EXIT.failed)
}

function output(command: string, args: readonly string[]): string {
  const text = tryOutput(command, args)
  if (text === undefined) throw new BuildError(`${command} ${args.join(' ')} failed`, EXIT.failed)
  return text
}

function tryOutput(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: root })
  return status === 0 ? stdout.trim() : undefined
}
