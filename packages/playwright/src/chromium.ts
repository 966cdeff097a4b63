/** How Chromium must be started for real networks on one machine, and where it is. */
import { chromium } from 'playwright-core'
import { findExecutable } from './executables.ts'

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
  return findExecutable({
    variable: 'CAIRN_CHROMIUM',
    systemNames,
    furtherPaths: [...macPaths, chromium.executablePath()],
  })
}
