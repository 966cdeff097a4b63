/** What is read of the snapshot that the page's node publishes as `cairn.snapshot()`; the page defines it. */
export interface TabState {
  readonly phase: string
  readonly failure: { readonly code: string; readonly message: string } | undefined
  /** `undefined` until the tab's store is open. */
  readonly verifiedHeight: number | undefined
  /** Newest first. */
  readonly blocks: readonly {
    readonly height: number
    /** `undefined` in the light role, which computes none. */
    readonly ownStateRoot: string | undefined
    /** What the validators signed. */
    readonly headerStateRoot: string
  }[]
  readonly peers: readonly { readonly peerId: string; readonly transport: string }[]
}
