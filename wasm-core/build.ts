/**
 * Builds the execution core: `npm run build:wasm`, and `npm run build:wasm -- --check` to rebuild it elsewhere and compare.
 * `-- --profile` makes `target/core.profile.wasm` instead: the same code with function names, for profilers.
 *
 * The artefact is committed, so users need no Rust. It is reproducible for one toolchain: same sources, same crate
 * lock, same rustc, same wasm-opt give the same bytes. Paths are remapped and locations left out, so the machine leaves no trace.
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
import { coreSourcesSha256 } from './source-digest.ts'

const EXIT = { failed: 1, differs: 2, noToolchain: 3, otherToolchain: 4 } as const
const TARGET = 'wasm32-unknown-unknown'
const OPTIMISE = ['-O3', '--all-features', '--disable-gc']
const STRIP = ['--strip-debug', '--strip-producers']
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm', 'lld-19']

const crate = dirname(fileURLToPath(import.meta.url))
const artefactFile = join(crate, 'artefact', 'core.wasm')
const lockFile = join(crate, 'artefact', 'core.lock.json')

interface Toolchain {
  readonly name: 'rustup' | 'debian'
  readonly cargo: string
  readonly rustc: string
  readonly version: string
  /** The standard library is built from source: Debian ships none for this target. */
  readonly buildStd: boolean
}

/** `artefact/core.lock.json`; part of the chain spec through `sha256`. */
interface CoreLock {
  readonly sha256: string
  readonly sizeBytes: number
  readonly rustc: string
  readonly toolchain: Toolchain['name']
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
  const { values } = parseArgs({ options: { check: flag, profile: flag } })
  if (values.check) check()
  else if (values.profile) buildProfile()
  else build()
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}

function build(): void {
  const toolchain = findToolchain(readLock())
  console.log(`building with ${toolchain.version} (${toolchain.name})`)
  const { wasm, lock } = compile(toolchain, join(crate, 'target'))
  mkdirSync(dirname(artefactFile), { recursive: true })
  writeFileSync(artefactFile, wasm)
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`core.wasm ${lock.sizeBytes} bytes, sha256 ${lock.sha256}`)
}

function buildProfile(): void {
  const folder = join(crate, 'target')
  const file = join(folder, 'core.profile.wasm')
  run(process.execPath, [wasmOptPath(), ...OPTIMISE, '-g', cargoBuild(findToolchain(readLock()), folder), '-o', file])
  console.log(file)
}

function check(): void {
  const lock = readLock()
  if (lock === undefined) throw new BuildError('artefact/core.lock.json is missing: run the build first', EXIT.failed)
  if (hashOf(readFileSync(artefactFile)) !== lock.sha256) {
    throw new BuildError('core.wasm is not the artefact core.lock.json names', EXIT.differs)
  }
  // A check changes nothing on the machine, and its last line says why it could not compare.
  const toolchain = findToolchain(lock, { mayInstall: false })
  const wasmOpt = wasmOptVersion()
  if (toolchain.version !== lock.rustc || toolchain.name !== lock.toolchain || wasmOpt !== lock.wasmOpt) {
    const here = `${toolchain.version} (${toolchain.name}), ${wasmOpt}`
    const there = `${lock.rustc} (${lock.toolchain}), ${lock.wasmOpt}`
    throw new BuildError(`cannot compare: the lock was made with ${there}, here is ${here}`, EXIT.otherToolchain)
  }
  const target = mkdtempSync(join(tmpdir(), 'cairn-core-'))
  try {
    const rebuilt = compile(toolchain, target).lock
    if (rebuilt.sha256 !== lock.sha256) {
      throw new BuildError(`the rebuilt core differs: ${rebuilt.sha256}, committed ${lock.sha256}`, EXIT.differs)
    }
    console.log(`the committed core is what its sources build: sha256 ${lock.sha256}`)
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
}

function compile(toolchain: Toolchain, targetFolder: string): { readonly wasm: Buffer; readonly lock: CoreLock } {
  const raw = cargoBuild(toolchain, targetFolder)
  const optimised = join(targetFolder, 'core.wasm')
  run(process.execPath, [wasmOptPath(), ...OPTIMISE, ...STRIP, raw, '-o', optimised])
  const wasm = readFileSync(optimised)
  return {
    wasm,
    lock: {
      sha256: hashOf(wasm),
      sizeBytes: wasm.length,
      rustc: toolchain.version,
      toolchain: toolchain.name,
      wasmOpt: wasmOptVersion(),
      cargoLockSha256: hashOf(readFileSync(join(crate, 'Cargo.lock'))),
      sourcesSha256: coreSourcesSha256(),
    },
  }
}

/** @return the module's file */
function cargoBuild(toolchain: Toolchain, targetFolder: string): string {
  const cargo = ['build', '--release', '--locked', '--target', TARGET, '--target-dir', targetFolder]
  if (process.env['CAIRN_BUILD_JOBS'] !== undefined) cargo.push('-j', process.env['CAIRN_BUILD_JOBS'])
  if (toolchain.buildStd) cargo.push('-Zbuild-std=std,panic_abort')
  // The registry's folder name holds a hash of its address, so sources are fetched before their paths can be mapped.
  run(toolchain.cargo, ['fetch', '--locked'], { RUSTC: toolchain.rustc }, EXIT.noToolchain)
  run(toolchain.cargo, cargo, {
    RUSTC: toolchain.rustc,
    CARGO_ENCODED_RUSTFLAGS: rustFlags(toolchain).join('\x1f'),
    // Unstable options on a stable compiler: build-std, no locations, abort without a message.
    RUSTC_BOOTSTRAP: '1',
    ...(toolchain.buildStd ? { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: 'wasm-ld-19' } : {}),
  })
  return join(targetFolder, TARGET, 'release', 'cairn_core.wasm')
}

function rustFlags(toolchain: Toolchain): string[] {
  const registry = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'registry', 'src')
  const sources = existsSync(registry) ? readdirSync(registry).map((name) => join(registry, name)) : []
  const remap = (from: string, to: string): string => `--remap-path-prefix=${from}=${to}`
  return [
    ...(toolchain.buildStd ? ['-Clinker-flavor=wasm-ld', '-Zunstable-options', '-Cpanic=immediate-abort'] : []),
    '-Zlocation-detail=none',
    remap(crate, '/core'),
    ...sources.map((folder) => remap(folder, '/registry')),
    remap(output(toolchain.rustc, ['--print', 'sysroot']), '/rust'),
  ]
}

/** The lock's toolchain where it is here, else whatever can build; installed where this user may and it is wanted. */
function findToolchain(lock: CoreLock | undefined, { mayInstall } = { mayInstall: true }): Toolchain {
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

function readLock(): CoreLock | undefined {
  return existsSync(lockFile) ? (JSON.parse(readFileSync(lockFile, 'utf8')) as CoreLock) : undefined
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  exitCode: number = EXIT.failed,
): void {
  const { status, error } = spawnSync(command, args, { cwd: crate, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status !== 0) throw new BuildError(`${command} ${args[0] ?? ''}: ${error?.message ?? `exit ${status}`}`, exitCode)
}

function output(command: string, args: readonly string[]): string {
  const text = tryOutput(command, args)
  if (text === undefined) throw new BuildError(`${command} ${args.join(' ')} failed`, EXIT.failed)
  return text
}

function tryOutput(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: crate })
  return status === 0 ? stdout.trim() : undefined
}
