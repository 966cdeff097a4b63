import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveStatic } from '../src/static-server.ts'
import type { StaticServer } from '../src/static-server.ts'

describe('static server', () => {
  let directory: string
  let server: StaticServer
  let height = 0
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { headers })

  beforeAll(async () => {
    const parent = await mkdtemp(join(tmpdir(), 'cairn-site-'))
    directory = join(parent, 'dist')
    await mkdir(join(directory, 'assets'), { recursive: true })
    await writeFile(join(parent, 'secret.txt'), 'secret')
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>Cairn</title>')
    await writeFile(join(directory, 'assets', 'core-abc.wasm'), new Uint8Array(10_000))
    await writeFile(join(directory, 'assets', 'main-abc.js'), 'export const a = 1\n'.repeat(500))
    server = await serveStatic({
      directory,
      port: 0,
      extraFiles: { '/network.json': () => JSON.stringify({ height: ++height }) },
    })
  })
  afterAll(async () => {
    await server.stop()
    await rm(join(directory, '..'), { recursive: true })
  })

  it('serves the page with a policy that lets nothing foreign run', async () => {
    const response = await get('/')
    expect(await response.text()).toMatch('Cairn')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toMatch("script-src 'self' 'wasm-unsafe-eval'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('types, caches and compresses assets', async () => {
    const wasm = await get('/assets/core-abc.wasm', { 'accept-encoding': 'gzip, deflate, br' })
    expect(wasm.headers.get('content-type')).toBe('application/wasm')
    expect(wasm.headers.get('content-encoding')).toBe('br')
    expect(wasm.headers.get('cache-control')).toMatch('immutable')
    expect((await wasm.arrayBuffer()).byteLength).toBe(10_000)
    const script = await get('/assets/main-abc.js', { 'accept-encoding': 'gzip' })
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('content-encoding')).toBe('gzip')
    expect(Number(script.headers.get('content-length'))).toBeLessThan(1_000)
    expect(await script.text()).toMatch('export const a')
  })

  it('makes extra files anew for each request', async () => {
    expect(await (await get('/network.json')).json()).toEqual({ height: 1 })
    const second = await get('/network.json')
    expect(second.headers.get('cache-control')).toBe('no-store')
    expect(await second.json()).toEqual({ height: 2 })
  })

  it('has nothing outside the folder', async () => {
    const paths = [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/missing',
      '/assets/',
    ]
    const responses = await Promise.all(paths.map((path) => get(path)))
    expect(responses.map(({ status }) => status)).toEqual(paths.map(() => 404))
  })

  it('names a port that is taken', async () => {
    await expect(serveStatic({ directory, port: server.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })
})
