/** The node's snapshot and the browser's connectivity as React state. */
import { useSyncExternalStore } from 'react'
import type { BalanceAnswer, TabNodeClient, TabSnapshot, ValidatorKeyClient } from '@cairn/platform-browser'

export interface TabNode {
  readonly snapshot: TabSnapshot
  readonly lookUp: (address: string) => Promise<BalanceAnswer>
  readonly keys: ValidatorKeyClient
  readonly isOnline: boolean
  readonly hasWebRtc: boolean
}

export function useTabNode(client: TabNodeClient): TabNode {
  return {
    snapshot: useSyncExternalStore(client.subscribe, client.snapshot),
    lookUp: client.balance,
    keys: client.keys,
    isOnline: useSyncExternalStore(onConnectivity, () => navigator.onLine),
    hasWebRtc: 'RTCPeerConnection' in globalThis,
  }
}

function onConnectivity(listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}
