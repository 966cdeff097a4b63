import type { TabRole } from '@cairn/platform-browser'
import { ROLES } from './address-options.ts'

interface RoleChoiceProps {
  readonly role: TabRole | undefined
  /** Starts the node anew in that role. */
  readonly choose: (role: TabRole) => void
}

const roleTexts: Readonly<Record<TabRole, { readonly name: string; readonly does: string }>> = {
  light: { name: 'Light', does: 'checks certificates and proofs, executes nothing, keeps no blocks' },
  verifying: { name: 'Verifying', does: 'executes every block and keeps what it has verified' },
  serving: { name: 'Serving', does: 'verifies, and gives blocks and proofs to other tabs' },
  validator: { name: 'Validator', does: 'serves, and votes with the key of this browser' },
}

/** How much of a node this tab is. */
export function RoleChoice({ role, choose }: RoleChoiceProps) {
  return (
    <fieldset className="roles-choice" data-testid="roles">
      <legend>Role of this tab</legend>
      {ROLES.map((one) => (
        <label key={one}>
          <input type="radio" name="role" value={one} checked={one === role} onChange={() => choose(one)} />
          <span>
            <strong>{roleTexts[one].name}</strong> {roleTexts[one].does}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
