import type { ComponentChildren } from 'preact'
import type { BalanceAnswer, TabSnapshot, VerifiedBlock } from '@cairn/platform-browser'
import { formatInteger, formatMs, formatPercent, plural } from '../format.ts'
import { HexText } from '../hex-text.tsx'
import { StateMark, type CheckState } from '../state-mark.tsx'
import { WeightBar } from '../weight-bar.tsx'
import { Panel } from './panel.tsx'

interface ChecksPanelProps {
  readonly snapshot: TabSnapshot
  readonly answer: BalanceAnswer | undefined
}

/** The newest verified block, check by check: what was compared with what. */
export function ChecksPanel({ snapshot, answer }: ChecksPanelProps) {
  const block = snapshot.blocks[0]
  const title = block === undefined ? 'Checks of each block' : `Checks of block ${formatInteger(block.height)}`
  return (
    <Panel
      title={title}
      intro={
        snapshot.role === 'light'
          ? 'A block counts as verified when this tab has checked the signatures itself. It executes nothing: for the state it relies on two thirds of the validators.'
          : 'A block counts as verified when this tab has checked the signatures itself, executed every transaction itself, and come to the same state as the validators signed.'
      }
      className="checks"
    >
      <ol className="check-list">
        <Check name="Certificate" state={stateOf(block, snapshot)} testId="check-certificate">
          {block === undefined ? (
            'BLS signatures of more than two thirds of the validators’ weight'
          ) : (
            <CertificateText block={block} />
          )}
        </Check>
        <Check name="Execution" state={executionStateOf(block, snapshot)} testId="check-execution">
          {block === undefined ? 'every transaction run again in WebAssembly' : <ExecutionText block={block} />}
        </Check>
        <Check name="State root" state={executionStateOf(block, snapshot)} testId="check-root">
          {block === undefined ? 'own result against the root that was signed' : <RootText block={block} />}
        </Check>
        <ProofCheck answer={answer} />
      </ol>
    </Panel>
  )
}

function ProofCheck({ answer }: { readonly answer: BalanceAnswer | undefined }) {
  if (answer === undefined) {
    return (
      <Check name="Merkle proof" state="waiting" testId="check-proof">
        <p>Ask for a balance below: the answer must prove itself against the verified root.</p>
      </Check>
    )
  }
  return 'proven' in answer ? (
    <Check name="Merkle proof" state="passed" testId="check-proof">
      <p>
        <strong>{plural(answer.proven.proofNodes, 'trie node')}</strong> lead from{' '}
        <HexText value={answer.proven.address} /> to the root of block {formatInteger(answer.proven.height)}
      </p>
    </Check>
  ) : (
    <Check name="Merkle proof" state="failed" testId="check-proof">
      <p>{answer.refused.message}</p>
    </Check>
  )
}

interface CheckProps {
  readonly name: string
  readonly state: CheckState
  readonly testId: string
  readonly children: ComponentChildren
}

function Check({ name, state, testId, children }: CheckProps) {
  return (
    <li data-testid={testId} data-state={state}>
      <div className="check-head">
        <h3>{name}</h3>
        <StateMark state={state} />
      </div>
      <div className="check-body">{children}</div>
    </li>
  )
}

function CertificateText({ block }: { readonly block: VerifiedBlock }) {
  const { signers, validators, weight, totalWeight, quorumWeight, height, verifyMs } = block.certificate
  return (
    <>
      <p>
        <strong data-testid="certificate-signers">
          {signers} of {plural(validators, 'validator')}
        </strong>{' '}
        signed: weight{' '}
        <span data-testid="certificate-weight">
          {formatInteger(weight)} of {formatInteger(totalWeight)}
        </span>{' '}
        ({formatPercent(weight, totalWeight)}), {formatInteger(quorumWeight)} needed
        {verifyMs === undefined ? '' : `, checked in ${formatMs(verifyMs)}`}
      </p>
      <WeightBar certificate={block.certificate} />
      <p className="note">The line marks the quorum.</p>
      {height === block.height ? undefined : (
        <p className="note">Signed at block {formatInteger(height)}, which contains this one by its chain of hashes.</p>
      )}
    </>
  )
}

function ExecutionText({ block }: { readonly block: VerifiedBlock }) {
  if (block.transactions === undefined || block.gasUsed === undefined)
    return <p>The light role leaves it to the validators.</p>
  return (
    <p>
      <strong>{plural(block.transactions, 'transaction')}</strong> executed here, {formatInteger(block.gasUsed)} gas
      {block.executeMs === undefined ? '' : `, ${formatMs(block.executeMs)} in a Web Worker`}
    </p>
  )
}

function RootText({ block }: { readonly block: VerifiedBlock }) {
  return (
    <dl className="roots">
      {block.ownStateRoot === undefined ? undefined : (
        <div>
          <dt>computed here</dt>
          <dd data-testid="own-root">
            <HexText value={block.ownStateRoot} />
          </dd>
        </div>
      )}
      <div>
        <dt>signed by validators</dt>
        <dd data-testid="header-root">
          <HexText value={block.headerStateRoot} />
        </dd>
      </div>
    </dl>
  )
}

function executionStateOf(block: VerifiedBlock | undefined, snapshot: TabSnapshot): CheckState {
  return snapshot.role === 'light' ? 'omitted' : stateOf(block, snapshot)
}

function stateOf(block: VerifiedBlock | undefined, { phase }: TabSnapshot): CheckState {
  if (block !== undefined) return 'passed'
  return phase === 'syncing' || phase === 'live' ? 'running' : 'waiting'
}
