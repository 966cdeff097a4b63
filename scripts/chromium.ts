/** Installs the tests' Chromium where there is none: by Playwright's own download, else by the system's package manager. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findChromium } from '@cairn/playwright/chromium'

const downloadMaxMs = 5 * 60_000

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
