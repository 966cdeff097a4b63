/**
 * Child process of `signer-crash.node.test.ts`: a signer on a real log that is asked for contradictory votes until it is
 * killed. Tells of each vote once it is signed. Arguments: log file, seed.
 */
import type { VoteKind } from '@cairn/chain'
import { createSigner, recoverFromWal } from '@cairn/consensus'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createAppendLogFile } from '@cairn/platform-node'
import { ZERO_HASH, epoch, hashFromBytes, view } from '@cairn/primitives'

const [path = '', seedText = '1'] = process.argv.slice(2)
let state = Number(seedText)

/** 0 … below − 1 (LCG of Numerical Recipes; its high bits). */
function pick(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const bls = createNativeBls()
const wal = await createAppendLogFile(path)
const secretKey = bls.secretKeyFromEntropy(new Uint8Array(32).fill(1))
const recovered = recoverFromWal(await wal.read())
const signer = createSigner({ secretKey, genesisHash: ZERO_HASH, recovered }, { bls, log: wal })
// The next views after the log's newest ones, some of them again.
let first = Math.max(1, ...recovered.ownVotes.map((vote) => vote.view), recovered.floor?.view ?? 1) - 1
for (let round = 0; ; round++) {
  const kind = (['notarize', 'nullify', 'finalize'] as const satisfies readonly VoteKind[])[pick(3)] ?? 'notarize'
  const hash = kind === 'nullify' ? ZERO_HASH : hashFromBytes(new Uint8Array(32).fill(1 + pick(3)))
  const at = view(Math.max(1, first + pick(4)))
  const vote = await signer.sign({ kind, epoch: epoch(0), view: at, hash }, 0).catch(() => undefined)
  if (vote !== undefined) process.send?.({ kind, view: at, hash })
  if (round % 8 === 7) first += 1
  if (round % 50 === 49) await signer.compact({ epoch: epoch(0), view: view(Math.max(0, first - 2)) }, [])
}
