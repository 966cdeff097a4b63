import { prepareWorstCase, worstCaseNames } from '../differential/worst-case-blocks.ts'
import { webAssembly } from '@cairn/executor/abi'
import { readFileSync } from 'node:fs'
const module = new webAssembly.Module(readFileSync('/work/main/wasm-core/artefact/core.wasm'))
for (const name of worstCaseNames()) {
  const { gasUsed, run } = await prepareWorstCase(module, name)
  let ms = Infinity
  for (let i=0;i<2;i++){ const b=process.cpuUsage(); run(); const c=process.cpuUsage(b); ms=Math.min(ms,(c.user+c.system)/1000) }
  console.log(name, (gasUsed/1000/ms).toFixed(1), Math.round(36e6/gasUsed*ms), 'rss', Math.round(process.memoryUsage().rss/1e6))
}
