import { notifications } from "@mantine/notifications"
import { type QueryKey, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { explain } from "../../api/errors"

type Attempt = (deed: () => Promise<unknown>, success?: string) => Promise<boolean>

/**
 * Does something that has no result worth showing early: says how it went, and asks anew for what it changed. Answers
 * whether it went well, and whether it is under way.
 */
export function useAttempt(failure: string, stale: readonly QueryKey[]): [Attempt, boolean] {
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const attempt: Attempt = async (deed, success) => {
    setBusy(true)
    try {
      await deed()
      if (success) notifications.show({ message: success })
      return true
    } catch (error) {
      notifications.show({ color: "red", title: failure, message: explain(error) })
      return false
    } finally {
      setBusy(false)
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })))
    }
  }
  return [attempt, busy]
}
