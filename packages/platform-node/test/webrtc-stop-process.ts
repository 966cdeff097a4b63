/**
 * A process that starts and stops servers of tabs some times, is sent STUN requests at each port it has left, and lives on.
 * Prints what ports it had and `alive`.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createTestNode } from './network-nodes.ts'

/** A binding request that nobody expects (RFC 8489), as a tab's first or a forgotten one's next. */
function bindingRequest(): Buffer {
  const username = Buffer.from(`${'a'.repeat(32)}:${randomBytes(16).toString('hex')}`)
  const attribute = (type: number, value: Buffer): Buffer => {
    const head = Buffer.alloc(4)
    head.writeUInt16BE(type)
    head.writeUInt16BE(value.length, 2)
    return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)])
  }
  const name = attribute(0x0006, username)
  const head = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)])
  head.writeUInt16BE(name.length + 24, 2)
  const body = Buffer.concat([head, name])
  return Buffer.concat([body, attribute(0x0008, createHmac('sha1', 'unknown').update(body).digest())])
}

const sender = createSocket('udp4')
const ports: number[] = []
for (let run = 0; run < 6; run++) {
  const node = await createTestNode({ listen: { webrtcDirectPort: 0 } })
  await node.start()
  ports.push(Number(node.addresses()[0]?.split('/')[4]))
  await node.stop()
  for (let request = 0; request < 20; request++) {
    for (const port of ports) sender.send(bindingRequest(), port, '127.0.0.1')
    await new Promise(setImmediate)
  }
}
// Every datagram before this one has been read when its answer is here: a socket of its own, on the same loopback.
const last = createSocket('udp4')
last.bind(0, '127.0.0.1')
await once(last, 'listening')
sender.send('last', last.address().port, '127.0.0.1')
await once(last, 'message')
// A node still serves tabs after all that: it listens on a port it left.
const again = await createTestNode({ listen: { webrtcDirectPort: ports.at(-1) ?? 0 } })
await again.start()
ports.push(Number(again.addresses()[0]?.split('/')[4]))
await again.stop()
process.stdout.write(`${JSON.stringify(ports)} alive\n`, () => process.exit())
