/**
 * What a browser does to a page behind its user's back: hiding, freezing, crashing. Each is the browser's own doing,
 * asked for by the DevTools protocol; nothing is imitated in the page.
 */
import { type CDPSession, type Page, expect } from '@playwright/test'

export interface PageLife {
  /** Another page of the window comes to the front: `visibilityState` is `hidden`, timers of the window slow down. */
  hide(): Promise<void>
  show(): Promise<void>
  /** As a browser does to a hidden page to save battery: no task runs, in the window or its workers, until `thaw`. */
  freeze(): Promise<void>
  /** Also shows the page. */
  thaw(): Promise<void>
  /** Kills the renderer: no unload handler runs, what was not durable is gone. The page is of no more use. */
  crash(): Promise<void>
}

export function controlPageLife(page: Page): PageLife {
  let opened: Promise<CDPSession> | undefined
  // Only Chromium has one; a page that lives undisturbed needs none.
  const session = (): Promise<CDPSession> => (opened ??= page.context().newCDPSession(page))
  let cover: Page | undefined
  const hide = async (): Promise<void> => {
    if (cover !== undefined) return
    await emulateFocus(page, false)
    cover = await page.context().newPage()
    await cover.bringToFront()
    // Not `waitForFunction`, which the page's content security policy forbids.
    await expect.poll(() => page.evaluate('document.visibilityState'), { message: 'the page is hidden' }).toBe('hidden')
  }
  const show = async (): Promise<void> => {
    await cover?.close()
    cover = undefined
    await page.bringToFront()
    await emulateFocus(page, true)
  }
  return {
    hide,
    show,
    freeze: async () => {
      // Chromium answers «done» for a visible page and does nothing.
      await hide()
      await (await session()).send('Page.setWebLifecycleState', { state: 'frozen' })
    },
    thaw: async () => {
      await (await session()).send('Page.setWebLifecycleState', { state: 'active' })
      await show()
    },
    crash: async () => {
      const crashed = new Promise<void>((resolve) => page.once('crash', () => resolve()))
      const devTools = await session()
      // Never answered: the renderer that would answer is gone.
      devTools.send('Page.crash').catch(() => {})
      await crashed
    },
  }
}

/** The part of Playwright's inside that `emulateFocus` needs, as of the version in `peerDependencies`. */
interface PageWithInside {
  readonly _connection?: {
    toImpl?(page: Page): {
      readonly delegate: {
        readonly _mainFrameSession: {
          readonly _client: { send(method: string, parameters: { readonly enabled: boolean }): Promise<unknown> }
        }
      }
    }
  }
}

/**
 * Playwright makes Chromium treat each page as focused, and so as visible, for as long as its own DevTools session
 * wants it; another session cannot take that back, and there is no option. Hence this reach into its inside.
 * @throws Error where that inside has changed
 */
async function emulateFocus(page: Page, enabled: boolean): Promise<void> {
  const inside = (page as unknown as PageWithInside)._connection?.toImpl?.(page)
  if (inside === undefined) throw new Error('this version of Playwright does not let a page be hidden')
  await inside.delegate._mainFrameSession._client.send('Emulation.setFocusEmulationEnabled', { enabled })
}
