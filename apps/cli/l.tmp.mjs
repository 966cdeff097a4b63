import { startLocalnet, DEV_ACCOUNTS } from '/work/main/apps/cli/src/index.ts'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readFileSync, rmSync } from 'node:fs'
rmSync('/tmp/ln3',{recursive:true,force:true})
let blocks=0, txs=0
const n = await startLocalnet({directory:'/tmp/ln3',validatorCount:4,rpcPort:()=>0,logLevel:'warn'},{onFinalized:(i,b)=>{if(i==0){blocks++;txs+=b.transactionCount}}})
const cpu=()=>[0,1,2,3].map(i=>{const s=readFileSync(`/proc/${n.process(i).pid}/stat`,'utf8').split(' ');return (Number(s[13])+Number(s[14]))/100})
const urls=[0,1,2,3].map(i=>`http://127.0.0.1:${n.process(i).rpcPort}`)
const N=Number(process.argv[2]??3000)
const env={...process.env}; delete env.NODE_OPTIONS
const c0=cpu(); const b0=blocks
const r=await promisify(execFile)(process.execPath,['/work/main/apps/cli/bench/load-generator.ts',JSON.stringify({rpcUrls:urls,chainId:31337,fundedKey:DEV_ACCOUNTS[5].privateKey,senderCount:100,transactionCount:N,underWayMax:2400})],{env})
const c1=cpu()
console.log(r.stdout, r.stderr.slice(0,500)); console.log('cpu s per validator',c1.map((x,i)=>(x-c0[i]).toFixed(1)),'blocks',blocks-b0,'txs',txs)
console.log('cpu ms per tx (all 4):', (1000*(c1.reduce((a,b)=>a+b)-c0.reduce((a,b)=>a+b))/txs).toFixed(2))
await n.stop()
