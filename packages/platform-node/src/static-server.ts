/** Serves a built web page from memory: right types, a content security policy, compression, cache rules. */
import { readFile, readdir } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { CodedError } from '@cairn/primitives'
import fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONNECTIONS_MAX, REQUEST_TIMEOUT_MS, STATIC_SITE_MAX_BYTES } from './http-limits.ts'
import { closeGracefully, listen } from './http-listen.ts'

export interface StaticServerOptions {
  /** All its files are served; `/` is `index.html`. */
  readonly directory: string
  /** Default: loopback only. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
  /** Path → content, made anew for each request; the type follows the path's extension. */
  readonly extraFiles?: Readonly<Record<string, () => string>>
}

export interface StaticServer {
  readonly port: number
  stop(): Promise<void>
}

/** Scripts and WASM of this origin only; connections anywhere, since a node's peers are anywhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'connect-src * data:',
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** Already compressed formats are not compressed again. */
const INCOMPRESSIBLE: ReadonlySet<string> = new Set(['.png', '.ico', '.woff2'])

/** Resolves when it listens. @throws CodedError `PORT_IN_USE`, `PORT_NOT_BOUND`, `SITE_TOO_LARGE` */
export async function serveStatic(options: StaticServerOptions): Promise<StaticServer> {
  const site = await readSite(options.directory)
  const extraFiles = new Map(Object.entries(options.extraFiles ?? {}))
  const app = fastify({ requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: true, logger: false })
  app.server.maxConnections = CONNECTIONS_MAX
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
  })
  app.get('/*', async (request, reply) => {
    const path = new URL(request.url, 'http://site').pathname
    const extra = extraFiles.get(path)
    if (extra !== undefined) return reply.header('cache-control', 'no-store').type(typeOf(path)).send(extra())
    const file = site.get(path.endsWith('/') ? `${path}index.html` : path)
    return file === undefined ? reply.code(404).type('text/plain').send('not found\n') : sendFile(file, request, reply)
  })
  const port = await listen(app, options.host ?? '127.0.0.1', options.port)
  return { port, stop: () => closeGracefully(app) }
}

type Encoding = 'br' | 'gzip' | 'identity'

interface SiteFile {
  readonly path: string
  /** Made once, on first use. */
  readonly body: (encoding: Encoding) => Promise<Buffer>
}

/** URL path → file. Only what is in the map can be asked for, so no path leads out of the folder. */
async function readSite(directory: string): Promise<ReadonlyMap<string, SiteFile>> {
  const site = new Map<string, SiteFile>()
  let sizeBytes = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const fileName = join(entry.parentPath, entry.name)
    const content = await readFile(fileName)
    sizeBytes += content.length
    if (sizeBytes > STATIC_SITE_MAX_BYTES) {
      throw new CodedError('SITE_TOO_LARGE', `the files in ${directory} exceed ${STATIC_SITE_MAX_BYTES} bytes`)
    }
    const path = `/${relative(directory, fileName).split(sep).join('/')}`
    site.set(path, { path, body: encoder(content) })
  }
  return site
}

function encoder(content: Buffer): SiteFile['body'] {
  const made = new Map<Encoding, Promise<Buffer>>()
  return (encoding) => {
    const known = made.get(encoding) ?? encode(content, encoding)
    made.set(encoding, known)
    return known
  }
}

async function encode(content: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(content)
  if (encoding === 'identity') return content
  return promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
}

async function sendFile(file: SiteFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const encoding = INCOMPRESSIBLE.has(extname(file.path)) ? 'identity' : encodingFor(request.headers['accept-encoding'])
  // The build puts a hash of the content into the names below /assets/; everything else may change.
  const cache = file.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  reply.headers({ 'cache-control': cache, vary: 'accept-encoding' }).type(typeOf(file.path))
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.send(await file.body(encoding))
}

function encodingFor(accepted: string | string[] | undefined): Encoding {
  const names = String(accepted ?? '')
    .split(',')
    .map((name) => name.trim().split(';')[0])
  if (names.includes('br')) return 'br'
  return names.includes('gzip') ? 'gzip' : 'identity'
}

function typeOf(path: string): string {
  return TYPES[extname(path)] ?? 'application/octet-stream'
}
