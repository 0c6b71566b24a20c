import { createContext, useContext } from "react"
import type { Workspace } from "../../api/types"

export interface ShellContents {
  /** The one whose documents the sidebar shows. */
  workspace: Workspace
  /** Makes an untitled document in the current workspace and opens it. */
  newDocument(): void
  mayCreate: boolean
  /** Opens the quick switcher. */
  find(): void
  /** Whether the sidebar is out of sight, so that the page must offer the way to it. */
  sidebarHidden: boolean
  showSidebar(): void
  /** A phone, or a window as narrow. */
  narrow: boolean
}

export const ShellContext = createContext<ShellContents | null>(null)

export function useShell(): ShellContents {
  const shell = useContext(ShellContext)
  if (!shell) throw new Error("useShell belongs below the shell")
  return shell
}
