/**
 * Firefox as it is installed, driven by WebDriver BiDi; Playwright's own patched one is not needed. What Playwright asks of
 * each new page and Firefox ESR 153 does not know yet is answered here with «done».
 */
import { type Browser, firefox } from 'playwright-core'
import { findExecutable } from './executables.ts'

const SYSTEM_NAMES = ['firefox', 'firefox-esr']
const MAC_PATHS = ['/Applications/Firefox.app/Contents/MacOS/firefox']

/** Emulation of colour schemes and the like, which no test here wants. */
const UNKNOWN_COMMANDS = new Set(['emulation.setMediaFeaturesOverride'])

/** Path of a Firefox that is installed: `CAIRN_FIREFOX`, or the system's; `undefined` when there is none. */
export function findFirefox(): string | undefined {
  return findExecutable({ variable: 'CAIRN_FIREFOX', systemNames: SYSTEM_NAMES, furtherPaths: MAC_PATHS })
}

/** Close it after use. Its contexts are for `openTab`'s option `context`; they can neither hide, freeze nor crash a page. */
export async function launchFirefox(executablePath: string): Promise<Browser> {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath,
    firefoxUserPrefs: { 'media.peerconnection.ice.loopback': true },
  })
  answerUnknownCommands(browser)
  return browser
}

/** The part of Playwright's inside that this needs, as of the version in `peerDependencies`. */
interface BrowserWithInside {
  readonly _connection?: {
    toImpl?(browser: Browser): { readonly _browserSession: object }
  }
}

type Send = (this: object, method: string, parameters: unknown) => Promise<unknown>

/** @throws Error where Playwright's inside has changed */
function answerUnknownCommands(browser: Browser): void {
  const session = (browser as unknown as BrowserWithInside)._connection?.toImpl?.(browser)._browserSession
  if (session === undefined) throw new Error('this version of Playwright cannot be used with an installed Firefox')
  const sessions = Object.getPrototypeOf(session) as { send: Send }
  const { send } = sessions
  sessions.send = function (method, parameters) {
    return UNKNOWN_COMMANDS.has(method) ? Promise.resolve({}) : send.call(this, method, parameters)
  }
}
