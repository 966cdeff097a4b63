/**
 * The window's side of the node in a tab: starts its worker, keeps the peer connections that only a window may own,
 * and hands out snapshots.
 */
import { type Remote, proxy, transfer, wrap } from 'comlink'
import type { CompiledModule } from '@cairn/crypto/bls-wasm'
import type { Checkpoint } from '@cairn/node'
import { CodedError, type Hash } from '@cairn/primitives'
import lightUrl from '@cairn/wasm-core/light.wasm?url'
import { fetchBytes } from './fetch-bytes.ts'
import { NETWORK_DESCRIPTION_MAX_BYTES, RESTART_INTERVAL_MS } from './limits.ts'
import { createPasskey, passkeySecret } from './passkey.ts'
import { provenSpecs } from './proven-specs.ts'
import { onLeaving } from './page-leaving.ts'
import { type RtcHost, startRtcHost } from './rtc-host.ts'
import type {
  BalanceAnswer,
  KeyAnswer,
  KeyStatus,
  PasskeyReference,
  TabRole,
  TabSnapshot,
  TabSync,
} from './tab-snapshot.ts'
import { initialSnapshot } from './snapshot-publisher.ts'

export interface TabNodeOptions {
  /** Address of the chain spec and the first peers. */
  readonly networkUrl: string
  /** The chain's genesis must have this hash; `undefined`: the server's is shown and taken. */
  readonly pinnedGenesis: Hash | undefined
  /** `any`: WebRTC-direct first, WebSocket second. */
  readonly transport: 'any' | 'webrtc-direct' | 'ws'
  readonly role: TabRole
  readonly sync: TabSync
  /** Only a chain that goes through it is followed: from somebody trusted. */
  readonly checkpoint: Checkpoint | undefined
}

/** What the worker offers the window, over comlink. */
export interface TabNodeApi {
  /** Resolves at once; what happens is in the snapshots. */
  start(
    options: TabNodeOptions,
    rtcPort: MessagePort | undefined,
    provenSpec: string | undefined,
    onSnapshot: (snapshot: TabSnapshot) => void,
  ): void
  /** For the next `start`: the chain spec whose proofs of possession were checked. Never resolves where they do not hold. */
  provenSpec(): Promise<string>
  /** Bytes of `network.json`; `undefined`: the window could not fetch it. */
  describe(bytes: Uint8Array | undefined): void
  /** `light.wasm` as a `WebAssembly.Module`; `undefined`: the window could not compile it. */
  giveLight(module: CompiledModule | undefined): void
  /** Of a validator: the page is about to go or to be frozen. */
  announceLeaving(): Promise<void>
  balance(address: string): Promise<BalanceAnswer>
  keyStatus(): Promise<KeyAnswer>
  createKey(passphrase: string): Promise<KeyAnswer>
  restoreKey(backup: string, passphrase: string): Promise<KeyAnswer>
  unlockKey(passphrase: string): Promise<KeyAnswer>
  addPasskey(passphrase: string, passkey: PasskeyReference, secret: string): Promise<KeyAnswer>
  unlockWithPasskey(secret: string): Promise<KeyAnswer>
}

export interface TabNodeClient {
  /** The latest; the same object until the next. */
  snapshot(): TabSnapshot
  /** Called on each new snapshot; returns the unsubscribe function. */
  subscribe(listener: () => void): () => void
  /**
   * Asks a server or a peer for the account's balance with its proof, and checks it. May be called right after the start: it waits
   * until the node can read (`START_PATIENCE_MS`). Never rejects.
   */
  balance(address: string): Promise<BalanceAnswer>
  readonly keys: ValidatorKeyClient
}

/** The validator key of this browser. Nothing here rejects. */
export interface ValidatorKeyClient {
  /** `undefined` until it was looked up; the same object until it changes. */
  status(): KeyStatus | 'none' | undefined
  subscribe(listener: () => void): () => void
  /** Also offers the backup as a download. */
  create(passphrase: string): Promise<KeyAnswer>
  restore(backup: string, passphrase: string): Promise<KeyAnswer>
  unlock(passphrase: string): Promise<KeyAnswer>
  /** Makes a passkey that opens the key besides the passphrase. */
  addPasskey(passphrase: string): Promise<KeyAnswer>
  unlockWithPasskey(): Promise<KeyAnswer>
}

/** What a start needs whatever its options are: the worker's code and `light.wasm`, loaded from now on. */
export interface PreparedTabNode {
  /** For a start that does not come. */
  discard(): void
}

let prepared: Worker | undefined

/** To be called first of all: reading the options takes a while, and the worker's code too. */
export function prepareTabNode(): PreparedTabNode {
  prepared = loadWorker()
  compileLight().catch(() => undefined)
  return { discard: () => prepared?.terminate() }
}

function loadWorker(): Worker {
  return new Worker(new URL('./node-worker.ts', import.meta.url), { type: 'module', name: 'cairn-node' })
}

/**
 * Starts the node. It lives as long as the page: when the browser takes its storage away (evicted, or cleared by the
 * user), it starts anew and fetches and verifies again what is missing.
 */
export function startTabNode(options: TabNodeOptions): TabNodeClient {
  let snapshot = initialSnapshot
  const listeners = new Set<() => void>()
  const show = (next: TabSnapshot): void => {
    snapshot = next
    for (const listener of listeners) listener()
  }
  let startedAtMs = performance.now()
  const onSnapshot = (next: TabSnapshot): void => {
    show(next)
    if (next.failure?.code !== 'STORE_CLOSED' || performance.now() - startedAtMs < RESTART_INTERVAL_MS) return
    startedAtMs = performance.now()
    running.stop()
    running = startWorker(options, onSnapshot, fail)
  }
  const fail = (message: string): void =>
    show({ ...snapshot, phase: 'failed', failure: { code: 'WORKER_FAILED', message, height: undefined } })
  // Before the peer connections' own listeners, which close them.
  if (options.role === 'validator') onLeaving(() => void running.api.announceLeaving().catch(() => undefined))
  // Without it the browser may evict what was verified whenever space is short. A light tab stores nothing worth asking.
  if (options.role !== 'light') navigator.storage.persist().catch(() => undefined)
  let running = startWorker(options, onSnapshot, fail)

  return {
    snapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    balance: (address) =>
      running.api.balance(address).catch((error: unknown) => refusedBalance('WORKER_FAILED', String(error))),
    keys: createKeyClient(() => running.api),
  }
}

function createKeyClient(api: () => Remote<TabNodeApi>): ValidatorKeyClient {
  let status: KeyStatus | 'none' | undefined
  const listeners = new Set<() => void>()
  const after = async (work: Promise<KeyAnswer>): Promise<KeyAnswer> => {
    const answer = await work.catch((error: unknown): KeyAnswer => {
      const { code, message } = error instanceof CodedError ? error : new CodedError('WORKER_FAILED', String(error))
      return refusedBalance(code, message)
    })
    if ('status' in answer) {
      status = answer.status
      for (const listener of listeners) listener()
    }
    return answer
  }
  return {
    status: () => status,
    subscribe: (listener) => {
      listeners.add(listener)
      if (status === undefined) void after(api().keyStatus())
      return () => void listeners.delete(listener)
    },
    create: async (passphrase) => {
      const answer = await after(api().createKey(passphrase))
      if ('backup' in answer && answer.backup !== undefined) download('cairn-validator-key.json', answer.backup)
      return answer
    },
    restore: (backup, passphrase) => after(api().restoreKey(backup, passphrase)),
    unlock: (passphrase) => after(api().unlockKey(passphrase)),
    addPasskey: (passphrase) =>
      after(
        (async () => {
          const passkey = await createPasskey(known(status).publicKey)
          return api().addPasskey(passphrase, passkey, await passkeySecret(passkey))
        })(),
      ),
    unlockWithPasskey: () =>
      after(
        (async () => {
          const { passkey } = known(status)
          if (passkey === undefined) throw new CodedError('KEY_PASSKEY_WRONG', 'No passkey opens this key.')
          return api().unlockWithPasskey(await passkeySecret(passkey))
        })(),
      ),
  }
}

function known(status: KeyStatus | 'none' | undefined): KeyStatus {
  if (status !== undefined && status !== 'none') return status
  throw new CodedError('KEY_MISSING', 'There is no validator key in this browser.')
}

function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Compiled once for each page, from the stream: the browser keeps the machine code with the file. */
function compileLight(): Promise<CompiledModule> {
  light ??= WebAssembly.compileStreaming(fetch(lightUrl))
  return light
}

let light: Promise<CompiledModule> | undefined

interface RunningWorker {
  readonly api: Remote<TabNodeApi>
  /** Ends the worker and its peer connections. */
  stop(): void
}

function startWorker(
  options: TabNodeOptions,
  onSnapshot: (snapshot: TabSnapshot) => void,
  fail: (message: string) => void,
): RunningWorker {
  const worker = prepared ?? loadWorker()
  prepared = undefined
  worker.addEventListener('error', (event) =>
    fail(`The node’s worker stopped: ${event.message || 'it could not be loaded'}.`),
  )
  const api: Remote<TabNodeApi> = wrap<TabNodeApi>(worker)
  const rtc = openRtc()
  const failed = (error: unknown): void => fail(String(error))
  const port = rtc && transfer(rtc.port, [rtc.port])
  api.start(options, port, provenSpecs.load(), proxy(onSnapshot)).catch(failed)
  api.provenSpec().then(provenSpecs.save).catch(failed)
  // While the worker loads its code.
  void compileLight()
    .then(
      (module) => api.giveLight(module),
      () => api.giveLight(undefined),
    )
    .catch(failed)
  fetchBytes(options.networkUrl, NETWORK_DESCRIPTION_MAX_BYTES, 'NETWORK_UNREACHABLE')
    .then(
      (bytes) => api.describe(transfer(bytes, [bytes.buffer])),
      () => api.describe(undefined),
    )
    .catch(failed)
  return {
    api,
    stop() {
      worker.terminate()
      rtc?.host.close()
    },
  }
}

/** The worker's way to peer connections; `undefined` in a browser without WebRTC. */
function openRtc(): { readonly port: MessagePort; readonly host: RtcHost } | undefined {
  if (!('RTCPeerConnection' in globalThis)) return undefined
  const { port1, port2 } = new MessageChannel()
  return { port: port2, host: startRtcHost(port1) }
}

function refusedBalance(code: string, message: string): { readonly refused: { code: string; message: string } } {
  return { refused: { code, message } }
}
