/** Child process of `key-lock.node.test.ts`: takes the lock of a key and keeps it until it is killed. */
import { takeKeyLock } from '../src/key-lock.ts'

const [key = '', ...places] = process.argv.slice(2)
await takeKeyLock(new Uint8Array(Buffer.from(key, 'hex')), places)
process.send?.('taken')
setInterval(() => undefined, 60_000)
