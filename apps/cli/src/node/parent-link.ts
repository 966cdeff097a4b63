/** Reports to the process that spawned this one, if any: a local network or a test. */
import type { CairnNode } from '@cairn/node'
import { CodedError } from '@cairn/primitives'
import type { NodeMessage, ReadyMessage } from './process-messages.ts'

export interface ParentLink {
  ready(message: Omit<ReadyMessage, 'type'>): void
  failed(error: unknown): void
  /** Sends each finalized block and a status now and then; returns what ends it. */
  follow(node: CairnNode): () => void
  close(): void
}

const STATUS_INTERVAL_MS = 250

export function connectParent(): ParentLink {
  const send = (message: NodeMessage): void => {
    if (process.connected) process.send?.(message)
  }
  return {
    ready: (message) => send({ type: 'ready', ...message }),
    failed: (error) =>
      send({
        type: 'failed',
        code: error instanceof CodedError ? error.code : 'NODE_FAILED',
        message: error instanceof Error ? error.message : String(error),
      }),
    follow: (node) => {
      const forget = node.onFinalized((block) => send({ type: 'finalized', block }))
      const timer = setInterval(() => send({ type: 'status', status: node.status() }), STATUS_INTERVAL_MS)
      send({ type: 'status', status: node.status() })
      return () => {
        forget()
        clearInterval(timer)
      }
    },
    close: () => {
      if (process.connected) process.disconnect()
    },
  }
}
