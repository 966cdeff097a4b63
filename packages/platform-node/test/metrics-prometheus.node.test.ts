import { describe, expect, it } from 'vitest'
import { METRIC_SERIES_MAX } from '../src/http-limits.ts'
import { createPrometheusMetrics } from '../src/metrics-prometheus.ts'

describe('Prometheus metrics', () => {
  it('moves each kind', async () => {
    const metrics = createPrometheusMetrics()
    metrics.count('rpc_requests_total', { method: 'eth_call', code: 'ok' })
    metrics.count('rpc_requests_total', { method: 'eth_call', code: 'ok' }, 2)
    metrics.gauge('height', 7)
    metrics.observe('finality_seconds', 0.2)
    metrics.observe('block_bytes', 1_000)
    const text = await metrics.text()
    expect(text).toMatch('cairn_rpc_requests_total{method="eth_call",code="ok"} 3')
    expect(text).toMatch('cairn_height 7')
    expect(text).toMatch('cairn_finality_seconds_bucket{le="0.25"} 1')
    expect(text).toMatch('cairn_block_bytes_bucket{le="1024"} 1')
    expect(text).toMatch('process_cpu_seconds_total')
  })

  it('survives other labels than at first and too many of them', async () => {
    const metrics = createPrometheusMetrics()
    for (let index = 0; index < METRIC_SERIES_MAX + 10; index++) metrics.count('peers_total', { peer: String(index) })
    metrics.count('peers_total', { other: 'x' })
    metrics.count('peers_total')
    const series = (await metrics.text()).split('\n').filter((line) => line.startsWith('cairn_peers_total{'))
    expect(series).toHaveLength(METRIC_SERIES_MAX)
  })
})
