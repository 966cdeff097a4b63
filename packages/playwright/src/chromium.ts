/** How Chromium must be started for real networks on one machine, and where it is. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const systemNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * Loopback alone gives WebRTC no candidates, so it is allowed as one (the page also needs the `microphone` and `camera`
 * permissions); the rest keeps the browser off the network.
 */
export const chromiumArguments: readonly string[] = [
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** For `use.launchOptions`. The arguments left out would keep a hidden page as fast as a visible one. */
export function cairnLaunchOptions(): {
  readonly args: string[]
  readonly ignoreDefaultArgs: string[]
  readonly executablePath?: string
} {
  const executablePath = findChromium()
  return {
    args: [...chromiumArguments],
    ignoreDefaultArgs: [
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
    ...(executablePath === undefined ? {} : { executablePath }),
  }
}

/**
 * Path of a Chromium that is installed: `CAIRN_CHROMIUM`, the system's, or Playwright's own download;
 * `undefined` when there is none.
 */
export function findChromium(): string | undefined {
  const named = process.env.CAIRN_CHROMIUM
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => systemNames.map((name) => join(folder, name)))
  const downloaded = chromium.executablePath()
  return [...onPath, ...(process.platform === 'darwin' ? macPaths : []), downloaded].find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
