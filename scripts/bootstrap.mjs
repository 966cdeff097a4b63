/**
 * Runs a TypeScript script of this repository on Node 24, on a machine that has only some Node ≥ 20 and npm.
 *
 *     node scripts/bootstrap.mjs scripts/check.ts [arguments]
 *
 * This is the one script in plain JavaScript: it must run on Node 20, which cannot read TypeScript, and before
 * any dependency is there. It installs what the lock file names if that is not what `node_modules` holds, finds
 * Node 24 (the npm package `node`) and hands over: same terminal, same signals, same exit code.
 *
 * npm's own record, `node_modules/.package-lock.json`, is the stamp: npm removes it when an installation starts
 * and writes it when it is complete, so an interrupted installation is repeated.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const onWindows = process.platform === 'win32'
const nodeMajorNeeded = 24
const lockWaitMaxMs = 15 * 60_000

const [script, ...scriptArguments] = process.argv.slice(2)
if (script === undefined) fail('usage: node scripts/bootstrap.mjs <script.ts> [arguments]')
linkOwnPackages()
if (!isInstalled() || findNode() === undefined) withInstallLock(install)
handOver(findNode() ?? fail(`no Node ${nodeMajorNeeded} after the installation: install it yourself and run again`))

/** Whether `node_modules` is what the lock file says; packages for other platforms may be absent. */
function isInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const present = readPackages(join(modules, '.package-lock.json'))
  if (wanted === undefined) fail('package-lock.json is missing or damaged: take it from the repository again')
  if (present === undefined) return false
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') || entry.link) continue
    const found = present[path]
    if (found === undefined ? !entry.optional : found.version !== entry.version) return false
  }
  return true
}

/** A package of this repository that came with an update needs no installation, only its link. */
function linkOwnPackages() {
  for (const [path, entry] of Object.entries(readPackages(join(root, 'package-lock.json')) ?? {})) {
    const link = join(root, path)
    if (!entry.link || existsSync(link) || !existsSync(join(modules, '.package-lock.json'))) continue
    const target = resolve(root, entry.resolved)
    symlinkSync(onWindows ? target : relative(dirname(link), target), link, 'junction')
  }
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Another run may have finished the work while this one waited for the lock. */
function install() {
  if (!isInstalled()) {
    runNpm(['ci', '--loglevel=error', '--no-audit', '--no-fund'], 'installing dependencies from package-lock.json')
  }
  if (findNode() === undefined && existsSync(join(modules, 'node', 'installArchSpecificPackage.js'))) {
    // npm did not run the package's install script (`ignore-scripts`, or a policy): run it here.
    const step = startStep(`installing Node ${nodeMajorNeeded} from the npm package "node"`)
    const options = { cwd: join(modules, 'node'), encoding: 'utf8' }
    const result = spawnSync(process.execPath, ['installArchSpecificPackage.js'], options)
    if (result.status !== 0) fail(`that failed:\n${result.stdout ?? ''}${result.stderr ?? ''}`)
    step.done()
  }
}

function runNpm(npmArguments, title) {
  const step = startStep(title)
  const npm = process.env.npm_execpath
  const viaNode = npm !== undefined && npm.endsWith('npm-cli.js')
  const options = { cwd: root, encoding: 'utf8', shell: !viaNode && onWindows }
  const result = viaNode
    ? spawnSync(process.execPath, [npm, ...npmArguments], options)
    : spawnSync('npm', npmArguments, options)
  if (result.error !== undefined) fail(`npm could not be started (${result.error.message}): install npm`)
  if (result.status !== 0) {
    fail(
      `"npm ${npmArguments[0]}" failed. Check the network and the registry, then run again.\n${result.stdout}${result.stderr}`,
    )
  }
  step.done()
}

/** The executable of the right version: the npm package's, or the one running this if it will do. */
function findNode() {
  const candidates = onWindows
    ? [join(modules, 'node', 'bin', 'node.exe')]
    : [join(modules, '.bin', 'node'), join(modules, 'node', 'bin', 'node')]
  const major = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0)
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue
    const result = spawnSync(candidate, ['--version'], { encoding: 'utf8' })
    if (result.status === 0 && major(result.stdout) >= nodeMajorNeeded) return candidate
  }
  return existsSync(join(modules, 'node')) && major(process.version) >= nodeMajorNeeded ? process.execPath : undefined
}

/** One installation at a time in one checkout: a second run waits, and takes over from a dead one. */
function withInstallLock(action) {
  const lock = join(root, '.cache', 'install.lock')
  mkdirSync(dirname(lock), { recursive: true })
  const giveUpAt = Date.now() + lockWaitMaxMs
  for (let waiting = false; !tryLock(lock); waiting = true) {
    if (!waiting) say('waiting for another installation in this checkout')
    if (Date.now() > giveUpAt) fail(`another installation holds ${lock}: remove that file if none is running`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
  }
  process.once('exit', () => rmSync(lock, { force: true }))
  action()
  rmSync(lock, { force: true })
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = Number(readFileSync(lock, 'utf8')) || 0
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true })
  return false
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function handOver(node) {
  const environment = { ...process.env }
  const pathName = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  environment[pathName] = [join(modules, '.bin'), environment[pathName]].filter(Boolean).join(delimiter)
  const child = spawn(node, [resolve(script), ...scriptArguments], { stdio: 'inherit', env: environment })
  child.once('error', (error) => fail(`cannot start ${node}: ${error.message}`))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // At a terminal Ctrl-C reaches the child by itself; passing it on would make it the second, forcing one.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.once('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}

function startStep(title) {
  const startedMs = Date.now()
  process.stderr.write(`cairn: ${title} …`)
  return { done: () => process.stderr.write(` ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`) }
}

function say(text) {
  process.stderr.write(`cairn: ${text}\n`)
}

function fail(text) {
  process.stderr.write(`\ncairn: ${text}\n`)
  process.exit(1)
}
