import type { TargetedSubmitEvent } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { BalanceAnswer, ProvenBalance, RefusedBalance } from '@cairn/platform-browser'
import { formatBytes, formatCoins, formatDuration, formatInteger, plural } from '../format.ts'
import { HexText } from '../hex-text.tsx'
import { StateMark } from '../state-mark.tsx'
import { Panel } from './panel.tsx'

interface BalancePanelProps {
  /** Asks a peer for the account with its Merkle proof and checks it; `answer` is the outcome. */
  readonly lookUp: (address: string) => Promise<void>
  readonly answer: BalanceAnswer | undefined
  readonly isReady: boolean
  /** One that has a balance, for those who know none. */
  readonly example: string | undefined
}

/** A read that a server answers and this tab checks. */
export function BalancePanel({ lookUp, answer, isReady, example }: BalancePanelProps) {
  const inputId = useId()
  const [address, setAddress] = useState('')
  const [isAsking, setIsAsking] = useState(false)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    setIsAsking(true)
    await lookUp(address.trim())
    setIsAsking(false)
  }
  return (
    <Panel
      className="half"
      title="Balance, with proof"
      intro="A peer answers with a Merkle proof; the tab checks it against a state root it has verified itself."
    >
      <form className="lookup" onSubmit={(event) => void submit(event)}>
        <label htmlFor={inputId}>Account address</label>
        <div className="lookup-row">
          <input
            id={inputId}
            value={address}
            onInput={(event) => setAddress(event.currentTarget.value)}
            placeholder="0x…"
            pattern="\s*0x[0-9a-fA-F]{40}\s*"
            title="0x and 40 hexadecimal digits"
            required
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit" disabled={!isReady || isAsking}>
            {isAsking ? 'Asking…' : 'Look up'}
          </button>
        </div>
        {example === undefined || address !== '' ? undefined : (
          <p className="note">
            For example{' '}
            <button type="button" className="link" onClick={() => setAddress(example)}>
              <HexText value={example} />
            </button>
            , funded at genesis.
          </p>
        )}
      </form>
      <div aria-live="polite" className="answer">
        {answer === undefined ? undefined : 'proven' in answer ? (
          <Proven {...answer.proven} />
        ) : (
          <Refused {...answer.refused} />
        )}
      </div>
    </Panel>
  )
}

function Proven({ balance, nonce, exists, height, ageMs, stateRoot, proofNodes, proofBytes, ...from }: ProvenBalance) {
  return (
    <div data-testid="balance-proven">
      <p className="balance" data-testid="balance">
        {formatCoins(balance)} <span className="unit">coins</span>
      </p>
      <p>{exists ? plural(Number(nonce), 'transaction') + ' sent' : 'No such account: its absence is proven.'}</p>
      <StateMark state="passed" word="Merkle proof checked" />
      <p className="note">
        Against root <HexText value={stateRoot} /> at height {formatInteger(height)}, {formatDuration(ageMs)} old:{' '}
        {plural(proofNodes, 'trie node')}, {formatBytes(proofBytes)}. {sourceOf(from)}
      </p>
    </div>
  )
}

function sourceOf({
  peerId,
  isOwnStateEqual,
  isExecuted,
}: Pick<ProvenBalance, 'peerId' | 'isOwnStateEqual' | 'isExecuted'>): string {
  if (peerId === undefined) return 'Nobody is connected: read from the tab’s own verified state.'
  if (isOwnStateEqual) return 'The tab’s own state says the same.'
  return isExecuted ? '' : 'The validators have signed that root; this tab has not executed the block.'
}

function Refused({ code, message }: RefusedBalance) {
  return (
    <div data-testid="balance-refused">
      <StateMark state="failed" word="Not shown" />
      <p>{message}</p>
      <p className="note">
        <code>{code}</code>
      </p>
    </div>
  )
}
