import type { ExecutorPort } from '@cairn/executor'

/** A worker, a worker's own scope or a `MessagePort` as the executor's protocol takes it. */
export function executorPortFromWeb(port: Worker | MessagePort): ExecutorPort {
  return {
    post: (message) => port.postMessage(message),
    listen: (handler) => {
      port.addEventListener('message', (event) => handler((event as MessageEvent<unknown>).data))
      // A port keeps its messages until it is told to; workers have no such method.
      if ('start' in port) port.start()
    },
    close: () => {
      if ('terminate' in port) port.terminate()
      else port.close()
    },
  }
}
