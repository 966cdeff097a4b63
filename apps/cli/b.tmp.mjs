import { runNetworkBench } from '/work/main/apps/cli/bench/network.bench.ts'
console.table(await runNetworkBench({quick:true}))
