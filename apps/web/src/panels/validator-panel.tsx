import type { TargetedSubmitEvent } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { KeyAnswer, KeyStatus, TabSnapshot, ValidatorKeyClient } from '@cairn/platform-browser'
import { formatInteger, shortenHex } from '../format.ts'
import { StateMark } from '../state-mark.tsx'
import { useStore } from '../store-hook.ts'
import { Panel } from './panel.tsx'

interface ValidatorPanelProps {
  readonly snapshot: TabSnapshot
  readonly keys: ValidatorKeyClient
}

/** Key, backup and what the validator does: nothing votes before the backup was shown to open. */
export function ValidatorPanel({ snapshot, keys }: ValidatorPanelProps) {
  const status = useStore(keys.subscribe, keys.status)
  const [message, setMessage] = useState('')
  const report = async (work: Promise<KeyAnswer>): Promise<void> => {
    const answer = await work
    setMessage('refused' in answer ? answer.refused.message : answer.done)
  }
  return (
    <Panel
      className="wide"
      title="Validator"
      intro="The key is made in this browser and kept sealed with your passphrase. It votes only while this tab is open."
    >
      <div data-testid="validator">
        {snapshot.validator === undefined ? (
          <KeySteps snapshot={snapshot} keys={keys} status={status} report={report} />
        ) : (
          <Voting {...snapshot.validator} />
        )}
        <p className="note" role="status" data-testid="key-message">
          {message}
        </p>
      </div>
    </Panel>
  )
}

function Voting({ publicKey, index, isAmnesiac, isSilent, view }: NonNullable<TabSnapshot['validator']>) {
  const isVoting = index !== undefined && !isAmnesiac && !isSilent
  const word = isVoting ? 'Voting' : wordOfSilence(index, isAmnesiac)
  return (
    <>
      <StateMark state={isVoting ? 'passed' : 'waiting'} word={word} />
      <p>
        Validator {index === undefined ? '–' : formatInteger(index)}, key{' '}
        <code title={publicKey}>{shortenHex(publicKey)}</code>, view {formatInteger(view)}
      </p>
    </>
  )
}

function wordOfSilence(index: number | undefined, isAmnesiac: boolean): string {
  if (index === undefined) return 'Not in the validator set'
  return isAmnesiac ? 'Listening first: the vote record was lost' : 'Catching up after a pause'
}

interface KeyStepsProps extends ValidatorPanelProps {
  readonly status: ReturnType<ValidatorKeyClient['status']>
  readonly report: (work: Promise<KeyAnswer>) => Promise<void>
}

function KeySteps({ snapshot, keys, status, report }: KeyStepsProps) {
  if (status === undefined) return <p className="empty">Looking for the key…</p>
  if (status === 'none') {
    return (
      <div className="key-ways">
        <section>
          <h3>A new key</h3>
          <p className="note">Choose a passphrase of at least twelve characters. Its backup is downloaded at once.</p>
          <PassphraseForm action="Create a key" onSubmit={(passphrase) => report(keys.create(passphrase))} />
        </section>
        <section>
          <h3>A key that you have</h3>
          <p className="note">It must not vote anywhere else from now on: two signers of one key are punished.</p>
          <RestoreForm action="Take over a key from its backup" keys={keys} report={report} />
        </section>
      </div>
    )
  }
  if (!status.isBackedUp) {
    return (
      <>
        <p>
          Key <code title={status.publicKey}>{shortenHex(status.publicKey)}</code>. Keep the downloaded backup, then
          show here that it opens: without it the key is gone with this browser’s data.
        </p>
        <RestoreForm action="Check the backup" keys={keys} report={report} />
      </>
    )
  }
  return (
    <>
      <p>
        Key <code title={status.publicKey}>{shortenHex(status.publicKey)}</code>, backed up.
      </p>
      {snapshot.phase === 'locked' ? (
        <>
          <PassphraseForm action="Start validating" onSubmit={(passphrase) => report(keys.unlock(passphrase))} />
          <Passkey status={status} keys={keys} report={report} />
        </>
      ) : undefined}
    </>
  )
}

/** Besides the passphrase, which the backup keeps needing. */
function Passkey({ status, keys, report }: Pick<KeyStepsProps, 'keys' | 'report'> & { readonly status: KeyStatus }) {
  if (!('PublicKeyCredential' in globalThis)) return undefined
  if (status.passkey !== undefined) {
    return (
      <p className="passkey">
        <button type="button" onClick={() => void report(keys.unlockWithPasskey())}>
          Start with the passkey
        </button>
      </p>
    )
  }
  return (
    <details className="passkey">
      <summary>Open the key with a passkey from now on</summary>
      <PassphraseForm action="Add a passkey" onSubmit={(passphrase) => report(keys.addPasskey(passphrase))} />
    </details>
  )
}

function PassphraseForm({
  action,
  onSubmit,
}: {
  readonly action: string
  readonly onSubmit: (passphrase: string) => Promise<void>
}) {
  const id = useId()
  const [isBusy, setIsBusy] = useState(false)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const passphrase = new FormData(event.currentTarget).get('passphrase')
    setIsBusy(true)
    await onSubmit(typeof passphrase === 'string' ? passphrase : '')
    setIsBusy(false)
  }
  return (
    <form className="lookup" onSubmit={(event) => void submit(event)}>
      <label htmlFor={id}>Passphrase</label>
      <div className="lookup-row">
        <input id={id} name="passphrase" type="password" minLength={12} required autocomplete="off" />
        <button type="submit" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  )
}

function RestoreForm({
  action,
  keys,
  report,
}: {
  readonly action: string
  readonly keys: ValidatorKeyClient
  readonly report: (work: Promise<KeyAnswer>) => Promise<void>
}) {
  const fileId = useId()
  const [file, setFile] = useState<File>()
  return (
    <div className="restore">
      <label htmlFor={fileId}>Backup file</label>
      <input
        id={fileId}
        type="file"
        accept="application/json,.json"
        onChange={(event) => setFile(event.currentTarget.files?.[0])}
      />
      <PassphraseForm
        action={action}
        onSubmit={async (passphrase) => report(keys.restore((await file?.text()) ?? '', passphrase))}
      />
    </div>
  )
}
