import type { MessagePort, Worker } from 'node:worker_threads'
import type { ExecutorPort } from '@cairn/executor'

/** A worker thread, its `parentPort` or a `MessagePort` as the executor's protocol takes it. */
export function messagePortFromNode(port: MessagePort | Worker): ExecutorPort {
  return {
    post: (message) => port.postMessage(message),
    listen: (handler) => {
      port.on('message', handler)
    },
    close: () => {
      if ('close' in port) port.close()
      else void port.terminate()
    },
  }
}
