/** Servers of tabs that stop, in a process that lives on. What dies here dies as a process: a child is watched. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createTestNode } from './network-nodes.ts'

test('requests that come after a stop harm nobody, and the port is listened on again', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'webrtc-stop-process.ts')])
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ])
  expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: '' })
  const ports = JSON.parse(output.split(' ')[0] ?? '') as number[]
  expect(output).toMatch(/alive$/mu)
  expect(ports.at(-1)).toBe(ports.at(-2))
})

test('a UDP port that another program has is a failed start; any other will do for 0', async () => {
  const holder = createSocket('udp4')
  holder.bind(0, '127.0.0.1')
  await once(holder, 'listening')
  const taken = holder.address().port
  const node = await createTestNode({ listen: { webrtcDirectPort: taken } })
  await expect(node.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  const other = await createTestNode({ listen: { webrtcDirectPort: 0 } })
  await other.start()
  expect(other.addresses()[0]).toMatch(/\/udp\/[1-9]\d*\/webrtc-direct\//u)
  expect(other.addresses()[0]).not.toContain(`/udp/${taken}/`)
  await other.stop()
  holder.close()
})
