import type { TabRole, TabSnapshot } from '@cairn/platform-browser'

interface LeadProps {
  readonly role: TabRole | undefined
  readonly phase: TabSnapshot['phase']
}

/** What this tab is, and what its visitor need not believe anybody. */
export function Lead({ role, phase }: LeadProps) {
  if (role === 'light') {
    return (
      <>
        <h1>This tab verifies the chain itself</h1>
        <p>
          It is a light node: it checks the validators’ signatures and the proof of every balance, and leaves the
          execution of blocks to others. No single server’s word is taken for anything below.
        </p>
      </>
    )
  }
  if (phase === 'locked') {
    return (
      <>
        <h1>This tab waits for its validator key</h1>
        <p>
          Unlocked, it executes every block and votes. Until then it executes nothing; a balance that is looked up is
          proved all the same, by the validators’ signatures.
        </p>
      </>
    )
  }
  return (
    <>
      <h1>This tab verifies the chain itself</h1>
      <p>
        It is a full {role === 'validator' ? 'node with a validator’s vote' : 'verifying node'}: for every block it
        checks the validators’ signatures, executes all transactions again and compares the resulting state. No server’s
        word is taken for anything below.
      </p>
    </>
  )
}
