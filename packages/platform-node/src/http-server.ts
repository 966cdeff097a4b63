/**
 * The node's listener: JSON-RPC over POST and WebSocket on one port, `/health`, `/ready`, `/metrics`.
 * It judges transport only (who calls, how much, how slowly); what a call means is `@cairn/rpc`'s.
 */
import websocket from '@fastify/websocket'
import type { Log } from '@cairn/ports'
import type { Rpc, RpcNodeStatus } from '@cairn/rpc'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isHostAllowed, isOriginAllowed } from './http-access.ts'
import type { AccessOptions } from './http-access.ts'
import { CONNECTIONS_MAX, KEEP_ALIVE_MS, OVERSIZED_BODY_DROP_MAX_BYTES, REQUEST_TIMEOUT_MS } from './http-limits.ts'
import { closeGracefully, listen } from './http-listen.ts'
import { readinessOf } from './readiness.ts'
import { serveWebSocket } from './ws-connection.ts'

export interface HttpServerOptions extends Partial<AccessOptions> {
  /** Default: loopback only. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
}

export interface HttpServerDeps {
  readonly rpc: Rpc
  readonly status: () => Pick<RpcNodeStatus, 'height' | 'peers' | 'syncing' | 'syncTargetHeight'>
  /** Prometheus text; absent: no `/metrics`. */
  readonly metricsText?: () => Promise<string>
  readonly log: Log
}

export interface HttpServer {
  readonly port: number
  /** Finishes answers under way, closes WebSockets. */
  stop(): Promise<void>
}

/** Resolves when it listens. @throws CodedError `PORT_IN_USE`, `PORT_NOT_BOUND` */
export async function startHttpServer(options: HttpServerOptions, deps: HttpServerDeps): Promise<HttpServer> {
  const { host = '127.0.0.1', port, allowedHosts = [], allowedOrigins = [] } = options
  const { rpc } = deps
  const app = fastify({
    bodyLimit: rpc.limits.requestMaxBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    logger: false,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.addHook('onRequest', accessHook({ allowedHosts, allowedOrigins }))
  app.addHook('onResponse', closeRefusedUpgrade)
  takeAnyBodyAsText(app)
  app.setErrorHandler((error, request, reply) => answerTransportError(error, request, reply, rpc))
  await app.register(websocket, { options: { maxPayload: rpc.limits.requestMaxBytes } })
  addRpcRoutes(app, deps)
  addOperatorRoutes(app, deps)
  const boundPort = await listen(app, host, port)
  const cutSockets = (): void => {
    for (const socket of app.websocketServer.clients) socket.terminate()
  }
  return { port: boundPort, stop: () => closeGracefully(app, cutSockets) }
}

function addRpcRoutes(app: FastifyInstance, deps: HttpServerDeps): void {
  app.post('/', async (request, reply) => {
    const response = await deps.rpc.handle(typeof request.body === 'string' ? request.body : '')
    // JSON-RPC over HTTP: notifications have no response object.
    if (response === undefined) return reply.code(204).send()
    return reply.type('application/json').send(response)
  })
  app.options('/', async (_request, reply) => reply.code(204).send())
  app.route({
    method: 'GET',
    url: '/',
    handler: async (_request, reply) =>
      reply.code(405).header('allow', 'POST').send('JSON-RPC 2.0: send POST requests or open a WebSocket here\n'),
    wsHandler: (socket) => serveWebSocket(socket, deps),
  })
}

function addOperatorRoutes(app: FastifyInstance, deps: HttpServerDeps): void {
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (request, reply) => {
    const readiness = readinessOf(request.query as Readonly<Record<string, unknown>>, deps.status())
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  const { metricsText } = deps
  if (metricsText === undefined) return
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metricsText()))
}

/** Refuses foreign hosts and pages before anything is read; tells browsers of those it lets in. */
function accessHook(options: AccessOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { host, origin } = request.headers
    if (!isHostAllowed(host, options)) return refuse(reply, 'this host name is not allowed: see allowedHosts')
    if (!isOriginAllowed(origin, options))
      return refuse(reply, 'pages of this origin are not allowed: see allowedOrigins')
    if (origin === undefined) return undefined
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, GET, OPTIONS',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '86400',
      vary: 'origin',
    })
    return undefined
  }
}

/** A refused WebSocket's connection is no longer the HTTP server's: nobody else would ever close it. */
async function closeRefusedUpgrade(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.headers.upgrade !== undefined && reply.statusCode >= 400) request.raw.socket.destroySoon()
}

/** EIP-1193's «unauthorized». */
const UNAUTHORIZED = 4100

function refuse(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(403).send({ jsonrpc: '2.0', id: null, error: { code: UNAUTHORIZED, message } })
}

/** Clients send JSON under many content types; the dispatcher parses, so that a bad body gets a JSON-RPC error. */
function takeAnyBodyAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
}

function answerTransportError(error: unknown, request: FastifyRequest, reply: FastifyReply, rpc: Rpc): FastifyReply {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  reply.type('application/json')
  if (status === 413) {
    // Closing now would reset the connection under a client that still sends: it would never see the answer.
    // Left open, the rest of the body is read and dropped.
    if (Number(request.headers['content-length']) <= OVERSIZED_BODY_DROP_MAX_BYTES) reply.removeHeader('connection')
    return reply.code(413).send(rpc.requestTooLarge())
  }
  const code = status < 500 ? -32600 : -32603
  const message = status < 500 ? 'invalid request' : 'internal error'
  return reply.code(status).send(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }))
}
