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
  collectDefaultMetrics({ register: registry })
  const base = (name: string, labelNames: string[]) => ({
    name: `cairn_${name}`,
    help: name,
    labelNames,
    registers: [registry],
  })
  const counters = createFamilies((name, labelNames) => new Counter(base(name, labelNames)))
  const gauges = createFamilies((name, labelNames) => new Gauge(base(name, labelNames)))
  const histograms = createFamilies(
    (name, labelNames) => new Histogram({ ...base(name, labelNames), buckets: bucketsFor(name) }),
  )
  return {
    count: (name, labels = {}, by = 1) => {
      const series = counters(name, labels)
      series?.metric.inc(series.labels, by)
    },
    gauge: (name, value, labels = {}) => {
      const series = gauges(name, labels)
      series?.metric.set(series.labels, value)
    },
    observe: (name, value, labels = {}) => {
      const series = histograms(name, labels)
      series?.metric.observe(series.labels, value)
    },
    text: () => registry.metrics(),
  }
}

interface Series<Metric> {
  readonly metric: Metric
  readonly labels: Record<string, string>
}

/**
 * Metrics of one kind by name. A metric's label names are those of its first use; later uses are brought into that
 * shape. `undefined` where it has `METRIC_SERIES_MAX` series and this would be one more.
 */
function createFamilies<Metric>(
  create: (name: string, labelNames: string[]) => Metric,
): (name: string, labels: Labels) => Series<Metric> | undefined {
  const families = new Map<string, { metric: Metric; labelNames: readonly string[]; keys: Set<string> }>()
  return (name, labels) => {
    let family = families.get(name)
    if (family === undefined) {
      const labelNames = Object.keys(labels)
      family = { metric: create(name, labelNames), labelNames, keys: new Set() }
      families.set(name, family)
    }
    const shaped = Object.fromEntries(family.labelNames.map((label) => [label, labels[label] ?? '']))
    const key = JSON.stringify(shaped)
    if (!family.keys.has(key) && family.keys.size >= METRIC_SERIES_MAX) return undefined
    family.keys.add(key)
    return { metric: family.metric, labels: shaped }
  }
}

function bucketsFor(name: string): number[] {
  if (name.endsWith('_seconds')) return SECONDS_BUCKETS
  return name.endsWith('_bytes') ? BYTES_BUCKETS : COUNT_BUCKETS
}
