/** Cost of signatures, certificates and Keccak in Node: blst natively and in WebAssembly. */
import { createNativeBls } from '../src/bls-native.ts'
import { createWasmBls } from '../src/bls-wasm.ts'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import type { Bls } from '../src/bls.ts'
import { keccak256Bytes } from '../src/hash.ts'

export interface BenchRow {
  /** `module/op/key=value` */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const MESSAGE = new Uint8Array(88).fill(7)

export async function runBlsBench(): Promise<readonly BenchRow[]> {
  return [
    ...blsRows('blst', createNativeBls(), { verify: 'blst 1.1 ms on this class of host', sign: '' }),
    ...blsRows('wasm', await createWasmBls(readLightWasm()), {
      verify: 'goal 4 ms (250/s); herumi 6.3 ms on this class of host',
      sign: '',
    }),
    ...[32, 136, 1_024, 102_400].map((sizeBytes) => ({
      name: `crypto/keccak256/bytes=${sizeBytes}`,
      value: 1_000 * millisecondsOf(() => keccak256Bytes(new Uint8Array(sizeBytes)), sizeBytes > 10_000 ? 50 : 5_000),
      unit: 'µs',
      reference: 'sha3 in the WASM core: 0.45 µs at 32 bytes',
    })),
  ]
}

function blsRows(name: string, bls: Bls, reference: { readonly verify: string; readonly sign: string }): BenchRow[] {
  const secret = bls.secretKeyFromEntropy(new Uint8Array(32).fill(1))
  const signature = bls.sign(secret, MESSAGE)
  const row = (op: string, runs: number, run: () => unknown, compared: string): BenchRow => ({
    name: `crypto/${op},back-end=${name}`,
    value: millisecondsOf(run, runs),
    unit: 'ms',
    reference: compared,
  })
  const keys = bls.keySet(Array.from({ length: 200 }, () => bls.publicKey(secret)))
  const certificateRow = (signers: number): BenchRow => {
    const indices = Array.from({ length: signers }, (_, index) => index)
    const aggregate = bls.aggregate(indices.map(() => signature))
    const verify = (): unknown => keys.verifyAggregate(indices, MESSAGE, aggregate)
    return row(`verify-certificate/signers=${signers}`, 30, verify, 'one verification, however many signers')
  }
  return [
    row('sign/message=88', 30, () => bls.sign(secret, MESSAGE), reference.sign),
    row('verify/message=88', 30, () => keys.verify(0, MESSAGE, signature), reference.verify),
    row('aggregate/signatures=3', 30, () => bls.aggregate([signature, signature, signature]), ''),
    ...[3, 67, 134].map(certificateRow),
  ]
}

/** Mean of `runs` after a tenth as many for warm-up. */
function millisecondsOf(run: () => unknown, runs: number): number {
  for (let index = 0; index < runs / 10; index++) run()
  const start = performance.now()
  for (let index = 0; index < runs; index++) run()
  return (performance.now() - start) / runs
}
