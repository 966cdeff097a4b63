/** The node's snapshot and the browser's connectivity as state of the page. */
import type { BalanceAnswer, TabNodeClient, TabSnapshot, ValidatorKeyClient } from '@cairn/platform-browser'
import { useStore } from './store-hook.ts'

export interface TabNode {
  readonly snapshot: TabSnapshot
  readonly lookUp: (address: string) => Promise<BalanceAnswer>
  readonly keys: ValidatorKeyClient
  readonly isOnline: boolean
  readonly hasWebRtc: boolean
}

export function useTabNode(client: TabNodeClient): TabNode {
  return {
    snapshot: useStore(client.subscribe, client.snapshot),
    lookUp: client.balance,
    keys: client.keys,
    isOnline: useStore(onConnectivity, isOnline),
    hasWebRtc: 'RTCPeerConnection' in globalThis,
  }
}

const isOnline = (): boolean => navigator.onLine

function onConnectivity(listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}
