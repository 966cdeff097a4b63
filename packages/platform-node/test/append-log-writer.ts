/** Child process of `append-log-file.node.test.ts`: appends until it is killed, telling of each record once it is durable. */
import { createAppendLogFile } from '../src/append-log-file.ts'

const log = await createAppendLogFile(process.argv[2] as string)
for (let index = 0; ; index++) {
  await log.append(new Uint8Array(100 + (index % 50)).fill(index))
  process.send?.(index)
}
