/** @module Layer 5: the node. Performs consensus effects against ports; knows no platform. */
export type { FinalizedBlockMeasure } from './finality-meter.ts'
export { quantile } from './latency-window.ts'
export type { Quantiles } from './latency-window.ts'
export { createNode } from './node.ts'
export type { CairnNode, NodeDeps, NodeOptions } from './node.ts'
export type { NodeStatus } from './node-status.ts'
