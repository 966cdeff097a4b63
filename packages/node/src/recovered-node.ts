/**
 * What a node stands on before it speaks: opened and checked stores, the state brought up to the chain, and what this
 * key has signed before. Nothing here sends anything.
 */
import {
  type Certificate,
  type ValidatorSet,
  checkBlock,
  checkBlockData,
  genesisSeed,
  genesisValidatorSet,
  verifyCertificate,
} from '@cairn/chain'
import {
  type Consensus,
  type Input,
  type Signer,
  type VerificationContext,
  createConsensus,
  createSigner,
  recoverFromWal,
} from '@cairn/consensus'
import { CodedError, type Verdict, hexFromBytes } from '@cairn/primitives'
import { type ChainStore, type ProposedBlocks, createProposedBlocks, openChainStore } from '@cairn/storage'
import { replayToHead } from './committer.ts'
import type { NodeDeps, NodeOptions } from './node-options.ts'
import { startHead } from './start-head.ts'

export interface RecoveredNode {
  readonly validators: ValidatorSet
  /** Own index in `validators`; `undefined`: follows and never votes. */
  readonly self: number | undefined
  readonly verification: VerificationContext
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  readonly chain: ChainStore
  readonly proposed: ProposedBlocks
  readonly signer: Signer | undefined
  readonly consensus: Consensus
  /** The first input of consensus, read from the stores. */
  startInput(): Promise<Extract<Input, { type: 'start' }>>
}

/** @throws CodedError `GENESIS_MISMATCH`, `CHAIN_STORE_CORRUPT`, `STATE_AHEAD_OF_CHAIN`, `WAL_CORRUPT`, `VALIDATOR_KEY_UNKNOWN` */
export async function recoverNode(options: NodeOptions, deps: NodeDeps): Promise<RecoveredNode> {
  const { chainSpec, genesis, validatorKey } = options
  const { bls } = deps
  const validators = genesisValidatorSet(chainSpec)
  const keys = bls.keySet(validators.validators.map(({ publicKey }) => publicKey))
  const verifyFinalization = (certificate: Certificate): Verdict =>
    verifyCertificate(certificate, validators, keys, genesis.hash)
  const chain = await openChainStore(deps.chainDatabase, { genesis, verifyFinalization })
  await replayToHead(deps.executor, chain, deps.log.child('replay'))
  const proposed = createProposedBlocks(deps.chainDatabase)
  const recovered = recoverFromWal(await deps.wal.read())
  const self = validatorKey === undefined ? undefined : indexOfKey(bls.publicKey(validatorKey), validators)
  return {
    validators,
    self,
    verification: { bls, keys, validators, genesisHash: genesis.hash },
    verifyFinalization,
    chain,
    proposed,
    signer:
      validatorKey === undefined
        ? undefined
        : createSigner({ secretKey: validatorKey, genesisHash: genesis.hash, recovered }, { bls, log: deps.wal }),
    consensus: createConsensus({
      spec: chainSpec,
      validators,
      leaderSeed: genesisSeed(genesis.hash, validators.epoch),
      self,
      jitterSeed: new DataView(deps.random.bytes(4).buffer).getUint32(0),
      blockChecks: { checkBlockData, checkBlock },
    }),
    startInput: async () => {
      const head = await startHead(chain)
      const blocks = (await proposed.all()).filter((block) => block.header.height > head.header.height)
      return { type: 'start', head, blocks, ...recovered }
    },
  }
}

/** @throws CodedError `VALIDATOR_KEY_UNKNOWN` when the key is no validator's */
function indexOfKey(publicKey: Uint8Array, { validators }: ValidatorSet): number {
  const own = hexFromBytes(publicKey)
  const index = validators.findIndex((validator) => hexFromBytes(validator.publicKey) === own)
  if (index < 0) throw new CodedError('VALIDATOR_KEY_UNKNOWN', `the key ${own} is no validator’s of this chain`)
  return index
}
