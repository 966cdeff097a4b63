/**
 * Where the tests' Chromium is. Looked for in this order: `CAIRN_CHROMIUM`, the system's, the one Playwright has
 * downloaded. `ensureChromium` also installs one: by Playwright's own download, else by the system's package manager.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { chromium } from 'playwright-core'

const systemNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const downloadMaxMs = 5 * 60_000

/**
 * Arguments for every Chromium that the tests start. Loopback alone gives WebRTC no candidates, so it is allowed as
 * one (the page also needs the `microphone` and `camera` permissions); the rest keeps the browser off the network.
 */
export const chromiumArguments: readonly string[] = [
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** Path of a Chromium that is installed, or `undefined`. Installs nothing. */
export function findChromium(): string | undefined {
  const named = process.env.CAIRN_CHROMIUM
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => systemNames.map((name) => join(folder, name)))
  const downloaded = chromium.executablePath()
  return [...onPath, ...(process.platform === 'darwin' ? macPaths : []), downloaded].find(isExecutable)
}

/** Finds Chromium or installs it. `reason`: what to do by hand, in one line. */
export function ensureChromium(say: (line: string) => void): { readonly path: string } | { readonly reason: string } {
  const present = findChromium()
  if (present !== undefined) return { path: present }
  if (process.env.CAIRN_CHROMIUM) return { reason: `CAIRN_CHROMIUM=${process.env.CAIRN_CHROMIUM} is not a program` }
  for (const [title, install] of [
    ["Playwright's own download", downloadByPlaywright],
    ["the system's package manager", installByApt],
  ] as const) {
    say(`installing Chromium by ${title} …`)
    install()
    const installed = findChromium()
    if (installed !== undefined) return { path: installed }
  }
  return {
    reason:
      'no Chromium: install the package "chromium" (Debian, Ubuntu) or Google Chrome, or set CAIRN_CHROMIUM to its path',
  }
}

function downloadByPlaywright(): void {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js')
  spawnSync(process.execPath, [cli, 'install', 'chromium'], { stdio: 'ignore', timeout: downloadMaxMs })
}

/** Only where it needs no question: Debian or Ubuntu, as root or with a password-free sudo. */
function installByApt(): void {
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) return
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Ubuntu's "chromium" is a snap stub in some releases; the result is looked for again, not assumed.
  for (const command of [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', isUbuntu() ? 'chromium-browser' : 'chromium'],
  ]) {
    const [program = '', ...rest] = [...asRoot, ...command]
    spawnSync(program, rest, { stdio: 'ignore', env: environment, timeout: downloadMaxMs })
  }
}

function isUbuntu(): boolean {
  return /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
