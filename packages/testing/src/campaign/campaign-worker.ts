/** A worker thread of a campaign: shards in, results out. */
import { parentPort } from 'node:worker_threads'
import type { Shard } from './campaign.ts'
import { runShard } from './run-shard.ts'

parentPort?.on('message', (shard: Shard) => {
  void runShard(shard).then((result) => parentPort?.postMessage(result))
})
