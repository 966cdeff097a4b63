/** The Metrics port on prom-client: metrics come into being at their first use, all named `cairn_…`. */
import type { Metrics } from '@cairn/ports'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { METRIC_SERIES_MAX } from './http-limits.ts'

/** Buckets by the unit that ends a name: durations from 1 ms to 30 s, sizes from 256 B to 16 MiB, counts. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const BYTES_BUCKETS = Array.from({ length: 9 }, (_, power) => 256 * 4 ** power)
const COUNT_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

export interface PrometheusMetrics extends Metrics {
  /** The exposition text of `/metrics`. */
  text(): Promise<string>
}

type Labels = Readonly<Record<string, string>>

export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry()
  const registers = [registry]
  const families = new Map<string, ReturnType<typeof createFamily>>()
  /** The labels that may be recorded, or `undefined` where the family has too many series already. */
  const admit = (name: string, labels: Labels): Record<string, string> | undefined => {
    let family = families.get(name)
    if (family === undefined) families.set(name, (family = createFamily(Object.keys(labels))))
    return family(labels)
  }
  const existing = <Metric>(name: string): Metric | undefined => registry.getSingleMetric(name) as Metric | undefined
  collectDefaultMetrics({ register: registry })
  return {
    count: (name, labels = {}, by = 1) => {
      const metric = `cairn_${name}`
      const admitted = admit(metric, labels)
      if (admitted === undefined) return
      const counter = existing<Counter>(metric) ?? new Counter({ name: metric, help: name, labelNames: Object.keys(labels), registers })
      counter.inc(admitted, by)
    },
    gauge: (name, value, labels = {}) => {
      const metric = `cairn_${name}`
      const admitted = admit(metric, labels)
      if (admitted === undefined) return
      const gauge = existing<Gauge>(metric) ?? new Gauge({ name: metric, help: name, labelNames: Object.keys(labels), registers })
      gauge.set(admitted, value)
    },
    observe: (name, value, labels = {}) => {
      const metric = `cairn_${name}`
      const admitted = admit(metric, labels)
      if (admitted === undefined) return
      const histogram =
        existing<Histogram>(metric) ??
        new Histogram({ name: metric, help: name, labelNames: Object.keys(labels), buckets: bucketsFor(name), registers })
      histogram.observe(admitted, value)
    },
    text: () => registry.metrics(),
  }
}

/** A metric's label names are those of its first use; later uses are brought into that shape. */
function createFamily(labelNames: readonly string[]): (labels: Labels) => Record<string, string> | undefined {
  const series = new Set<string>()
  return (labels) => {
    const shaped = Object.fromEntries(labelNames.map((name) => [name, labels[name] ?? '']))
    const key = JSON.stringify(shaped)
    if (!series.has(key) && series.size >= METRIC_SERIES_MAX) return undefined
    series.add(key)
    return shaped
  }
}

function bucketsFor(name: string): number[] {
  if (name.endsWith('_seconds')) return SECONDS_BUCKETS
  return name.endsWith('_bytes') ? BYTES_BUCKETS : COUNT_BUCKETS
}
