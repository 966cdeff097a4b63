/** What the executor holds, as gauges of the Metrics port; asked for when somebody reads them. */
import type { ExecutorMemory, GenesisExecutor } from '@cairn/executor'
import type { Metrics } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'

const GAUGES: Readonly<Record<keyof ExecutorMemory, string>> = {
  memoryBytes: 'executor_core_memory_bytes',
  cacheBytes: 'executor_core_cache_bytes',
  recycledCount: 'executor_core_recycled',
  stateCacheBytes: 'executor_state_cache_bytes',
  historyCacheBytes: 'executor_history_cache_bytes',
}

/** An executor that is busy or stopped leaves the gauges as they were. */
export async function measureExecutor(executor: Pick<GenesisExecutor, 'memory'>, metrics: Metrics): Promise<void> {
  let memory: ExecutorMemory
  try {
    memory = await executor.memory()
  } catch (error) {
    if (error instanceof CodedError) return
    throw error
  }
  for (const [name, gauge] of Object.entries(GAUGES)) metrics.gauge(gauge, memory[name as keyof ExecutorMemory])
}
