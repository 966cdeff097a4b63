/** Consensus messages that decode; their signatures are only bytes. */
import type { Certificate, Proposal, Status, Vote, VoteKind } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import { type SampleBlock, createSampleChain } from '@cairn/testing/contracts'

export const sampleChain = createSampleChain({ length: 12 })
export const sampleAt = (at: number): SampleBlock => sampleChain.blocks[at - 1] as SampleBlock

export function sampleVote(kind: VoteKind, at: number, change: Partial<Vote> = {}): Vote {
  return {
    kind,
    epoch: epoch(0),
    view: view(at),
    hash: kind === 'nullify' ? ZERO_HASH : sampleAt(at).block.hash,
    validator: 1,
    signature: new Uint8Array(96).fill(7),
    ...change,
  }
}

export function sampleCertificate(kind: VoteKind, at: number): Certificate {
  const { epoch: of, view: when, hash } = sampleVote(kind, at)
  return { kind, epoch: of, view: when, hash, signers: Uint8Array.of(7), signature: new Uint8Array(96).fill(9) }
}

export function sampleProposal(at: number): Proposal {
  const { block } = sampleAt(at)
  return {
    block,
    epoch: epoch(0),
    view: block.header.view,
    parentView: block.header.parentView,
    parentHash: block.header.parentHash,
    entryProof: { base: undefined, nullifications: [] },
    vote: sampleVote('notarize', at),
  }
}

export const sampleStatus: Status = {
  epoch: epoch(0),
  finalization: undefined,
  entryProof: { base: undefined, nullifications: [] },
  votes: [],
}
