import type { TabSnapshot, VerifiedBlock } from '@cairn/platform-browser'
import { formatInteger, formatMs, formatTime } from '../format.ts'
import { HexText } from '../hex-text.tsx'
import { WeightBar } from '../weight-bar.tsx'
import { Panel } from './panel.tsx'

/** The last blocks that passed every check. */
export function BlocksPanel({ snapshot: { blocks, role } }: { readonly snapshot: TabSnapshot }) {
  const isExecuting = role !== 'light'
  return (
    <Panel title="Latest verified blocks" className="wide">
      {blocks.length === 0 ? (
        <p className="empty">None yet. A block appears here once it has passed every check.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="Table of verified blocks">
          <table>
            <thead>
              <tr>
                <th scope="col">Height</th>
                <th scope="col">Time</th>
                <th scope="col">Block</th>
                {isExecuting ? <ExecutionColumns /> : undefined}
                <th scope="col">Signed weight | quorum</th>
                <th scope="col">{isExecuting ? 'Own state root = signed root' : 'Signed state root'}</th>
              </tr>
            </thead>
            <tbody data-testid="blocks">
              {blocks.map((block) => (
                <BlockRow key={block.height} block={block} isExecuting={isExecuting} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function ExecutionColumns() {
  return ['Txs', 'Gas', 'Executed in'].map((name) => (
    <th key={name} scope="col" className="number">
      {name}
    </th>
  ))
}

function ExecutionCells({ block }: { readonly block: VerifiedBlock }) {
  const { transactions, gasUsed } = block
  return (
    <>
      <td className="number">{transactions === undefined ? '–' : formatInteger(transactions)}</td>
      <td className="number">{gasUsed === undefined ? '–' : formatInteger(gasUsed)}</td>
      <td className="number">{executedIn(block)}</td>
    </>
  )
}

function BlockRow({ block, isExecuting }: { readonly block: VerifiedBlock; readonly isExecuting: boolean }) {
  const { signers, validators } = block.certificate
  return (
    <tr>
      <th scope="row">{formatInteger(block.height)}</th>
      <td>{formatTime(block.timeMs)}</td>
      <td>
        <HexText value={block.hash} />
      </td>
      {isExecuting ? <ExecutionCells block={block} /> : undefined}
      <td>
        <span className="weight-cell">
          <WeightBar certificate={block.certificate} /> {signers}/{validators}
        </span>
      </td>
      <td>
        <span className="root-cell">
          <HexText value={block.headerStateRoot} />{' '}
          {block.ownStateRoot === undefined ? (
            'signed'
          ) : (
            <span className="equal" title="equal to the root that the validators signed">
              ✓ equal
            </span>
          )}
        </span>
      </td>
    </tr>
  )
}

function executedIn({ executeMs, ownStateRoot }: VerifiedBlock): string {
  if (ownStateRoot === undefined) return '–'
  return executeMs === undefined ? 'stored' : formatMs(executeMs)
}
