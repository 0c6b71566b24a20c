import { Autocomplete, Button, Group } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { ApiError, explain } from "../../api/errors"
import type { Role } from "../../api/types"
import { findUsers } from "../../api/workspaces"
import { RoleSelect } from "./RoleSelect"

interface Props {
  roles: readonly Role[]
  label: string
  deed: string
  /** Rejects with the server's refusal, which then stands under the address. */
  onInvite(email: string, role: Role): Promise<unknown>
}

/** An address and a role. People we already work with are suggested; anyone else gets an invitation by e-mail. */
export function InviteForm({ roles, label, deed, onInvite }: Props) {
  const [email, setEmail] = useState("")
  const [role, setRole] = useState<Role>(roles.includes("editor") ? "editor" : (roles.at(-1) ?? "reader"))
  const [failure, setFailure] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [q] = useDebouncedValue(email.trim(), 200)
  const known = useQuery({
    queryKey: ["users", q],
    queryFn: ({ signal }) => findUsers(q, signal),
    enabled: q.length > 1,
    staleTime: 60_000,
  })
  const names = new Map(known.data?.map((user) => [user.email, user.name]))

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFailure(null)
    try {
      await onInvite(email.trim(), role)
      setEmail("")
    } catch (error) {
      setFailure(error instanceof ApiError ? (error.fields.email ?? error.message) : explain(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Group align="flex-start" gap="xs" wrap="wrap">
        <Autocomplete
          aria-label={label}
          placeholder="name@example.com"
          type="email"
          inputMode="email"
          autoComplete="off"
          // Open without a suggestion it would take the Escape that is meant for the dialog.
          openOnFocus={false}
          data={[...names.keys()]}
          filter={({ options }) => options}
          renderOption={({ option }) => (
            <span>
              {names.get(option.value)} <span style={{ color: "var(--weft-ink-faint)" }}>{option.value}</span>
            </span>
          )}
          value={email}
          onChange={setEmail}
          error={failure}
          size="sm"
          style={{ flex: "1 1 14rem" }}
          data-autofocus
        />
        <Group gap="xs" wrap="nowrap" align="stretch">
          <RoleSelect label="Role" value={role} roles={roles} onChange={setRole} size="sm" />
          <Button type="submit" size="sm" loading={busy} disabled={!email.includes("@")}>
            {deed}
          </Button>
        </Group>
      </Group>
    </form>
  )
}
