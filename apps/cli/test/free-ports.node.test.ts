import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findFreePorts } from '../src/localnet/free-ports.ts'

function bind(port: number): Promise<() => Promise<void>> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(() => new Promise((closed) => server.close(() => closed()))))
  })
}

describe('findFreePorts', () => {
  it('gives distinct ports below the ephemeral range that can be taken', async () => {
    const ports = await findFreePorts(8)
    expect(new Set(ports).size).toBe(8)
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(20_000)
      expect(port).toBeLessThan(32_000)
      const close = await bind(port)
      await close()
    }
  })

  it('gives none when none is asked for', async () => {
    expect(await findFreePorts(0)).toEqual([])
  })
})
