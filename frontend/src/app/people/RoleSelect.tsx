import { Select, Text } from "@mantine/core"
import type { Role } from "../../api/types"
import { roleDescriptions, roleNames } from "./roles"

interface Props {
  label: string
  value: Role
  roles: readonly Role[]
  onChange(role: Role): void
  /** A last entry that isn't a role. */
  onRemove?: () => void
  removeLabel?: string
  disabled?: boolean
  size?: "xs" | "sm"
}

const REMOVE = "remove"

export function RoleSelect({ label, value, roles, onChange, onRemove, removeLabel = "Remove access", disabled, size = "xs" }: Props) {
  const offered = roles.includes(value) ? roles : [value, ...roles]
  return (
    <Select
      aria-label={label}
      value={value}
      disabled={disabled}
      data={[
        ...offered.map((role) => ({ value: role, label: roleNames[role] })),
        ...(onRemove ? [{ value: REMOVE, label: removeLabel }] : []),
      ]}
      onChange={(chosen) => {
        if (chosen === REMOVE) onRemove?.()
        else if (chosen && chosen !== value) onChange(chosen as Role)
      }}
      renderOption={({ option }) =>
        option.value === REMOVE ? (
          <Text size="sm" c="red">
            {option.label}
          </Text>
        ) : (
          <div>
            <Text size="sm">{option.label}</Text>
            <Text size="xs" c="dimmed">
              {roleDescriptions[option.value as Role]}
            </Text>
          </div>
        )
      }
      allowDeselect={false}
      comboboxProps={{ width: 250, position: "bottom-end", shadow: "md" }}
      size={size}
      w={size === "xs" ? 130 : 145}
    />
  )
}
