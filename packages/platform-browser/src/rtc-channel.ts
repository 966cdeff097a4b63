/**
 * A stand-in for an `RTCDataChannel` that the window is still creating: callers get it synchronously, it is
 * `connecting` until the real channel arrives, then passes everything through. It offers what `@libp2p/webrtc` uses.
 *
 * `@libp2p/webrtc` waits for `open`, then for `close` of its `init` channel, which the other side closes as soon as it
 * sees it: either may have happened before anybody listens (a tenth of all dials in a busy mesh). So what has happened
 * is told to late listeners, and an `init` channel that closed unseen has opened first.
 */

/** The events of a data channel that are passed on. */
const EVENTS = ['open', 'message', 'close', 'error', 'bufferedamountlow'] as const

type ChannelHandler = ((event: Event) => void) | null

export class DeferredDataChannel extends EventTarget {
  readonly label: string
  readonly protocol = ''
  binaryType: BinaryType = 'arraybuffer'
  onopen: ChannelHandler = null
  onmessage: ChannelHandler = null
  onclose: ChannelHandler = null
  onerror: ChannelHandler = null
  onbufferedamountlow: ChannelHandler = null
  #real: RTCDataChannel | undefined
  #closed = false
  #hasOpened = false
  #hasClosed = false
  #threshold = 0

  constructor(label: string) {
    super()
    this.label = label
  }

  get id(): number | null {
    return this.#real?.id ?? null
  }

  get readyState(): RTCDataChannelState {
    if (this.#closed) return 'closed'
    return this.#real?.readyState ?? 'connecting'
  }

  get bufferedAmount(): number {
    return this.#real?.bufferedAmount ?? 0
  }

  get bufferedAmountLowThreshold(): number {
    return this.#threshold
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#threshold = bytes
    if (this.#real !== undefined) this.#real.bufferedAmountLowThreshold = bytes
  }

  override addEventListener(...[type, listener, options]: Parameters<EventTarget['addEventListener']>): void {
    super.addEventListener(type, listener, options)
    const hasHappened = type === 'close' ? this.#hasClosed : type === 'open' && this.label === 'init' && this.#hasOpened
    if (!hasHappened || listener === null) return
    queueMicrotask(() => {
      const event = new Event(type)
      if (typeof listener === 'function') listener.call(this, event)
      else listener.handleEvent(event)
    })
  }

  send(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
    if (this.#real === undefined) throw new DOMException('the channel is not open yet', 'InvalidStateError')
    this.#real.send(data as ArrayBuffer)
  }

  close(): void {
    if (this.#real === undefined) this.fail()
    else this.#real.close()
  }

  /** Must run in the task that delivered `real`, so no event of it is missed. */
  attach(real: RTCDataChannel): void {
    if (this.#closed) return real.close()
    this.#real = real
    real.binaryType = this.binaryType
    real.bufferedAmountLowThreshold = this.#threshold
    for (const type of EVENTS) real.addEventListener(type, (event) => this.#pass(copyOf(event)))
    // Opened on its way here: its own event is gone.
    if (real.readyState === 'open') this.#pass(new Event('open'))
    else if (real.readyState === 'closed') this.#pass(new Event('close'))
  }

  /** The window could not create it, or it was closed before it arrived. */
  fail(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pass(new Event('close'))
  }

  /** It will never open. */
  refuse(): void {
    this.#pass(new Event('error'))
    this.fail()
  }

  #pass(event: Event): void {
    if (event.type === 'close' && this.label === 'init' && !this.#hasOpened) this.#pass(new Event('open'))
    if (event.type === 'open') {
      if (this.#hasOpened) return
      this.#hasOpened = true
    } else if (event.type === 'close') {
      if (this.#hasClosed) return
      this.#hasClosed = true
    }
    this.dispatchEvent(event)
    const handler = this[`on${event.type}` as 'onopen']
    handler?.(event)
  }
}

/** An event cannot be dispatched twice. */
function copyOf(event: Event): Event {
  if (event instanceof MessageEvent) return new MessageEvent('message', { data: event.data })
  const copy = new Event(event.type)
  return event.type === 'error' ? Object.assign(copy, { error: (event as RTCErrorEvent).error }) : copy
}
