/** Child process of `level-store.node.test.ts`: writes durable pairs until it is killed, telling each one's index. */
import { createLevelStore } from '../src/level-store.ts'

const store = await createLevelStore(process.argv[2] as string)
for (let index = 0; index < 65_536; index++) {
  const value = new Uint8Array(2_000).fill(index)
  const operations = [1, 2].map((table) => ({
    type: 'put' as const,
    key: Uint8Array.of(table, index >> 8, index),
    value,
  }))
  await store.batch(operations, { durable: true })
  process.send?.(index)
}
