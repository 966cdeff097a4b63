/** @module What tests and benchmarks use of the command: whole local networks. */
export { DEV_ACCOUNTS } from './localnet/dev-accounts.ts'
export type { DevAccount } from './localnet/dev-accounts.ts'
export { startLocalnet } from './localnet/localnet.ts'
export type { Localnet, LocalnetEvents, LocalnetOptions } from './localnet/localnet.ts'
export { createLocalSpec } from './localnet/local-spec.ts'
export { startWebServer } from './localnet/web-server.ts'
export type { WebServer } from './localnet/web-server.ts'
export type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'
