/** `cairn start` as a process of its own, on free ports, in a data directory of a local network. */
import { join } from 'node:path'
import { type NodeProcess, spawnNodeProcess } from '../src/localnet/node-process.ts'

export function startArguments(data: string, rpcPort = 0): readonly string[] {
  return ['--data-dir', data, '--rpc-port', String(rpcPort), '--p2p-port', '0', '--tab-port', '0', '--local-network']
}

/** A node that has finalized `height`; `running` gets it as soon as it is there to be killed. */
export async function startUntil(data: string, height: number, running: NodeProcess[]): Promise<NodeProcess> {
  const reached = Promise.withResolvers<void>()
  const died = Promise.withResolvers<never>()
  const node = await spawnNodeProcess(
    { arguments: startArguments(data), logFile: join(data, 'node.log') },
    {
      onStatus: (status) => void (status.height >= height && reached.resolve()),
      onFinalized: () => {},
      onDied: (reason) => died.reject(new Error(`the node ended: ${reason}`)),
    },
  )
  running.push(node)
  await Promise.race([reached.promise, died.promise])
  return node
}
