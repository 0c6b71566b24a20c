import { useLocalStorage } from "@mantine/hooks"
import type { Workspace } from "../api/types"

/** Small choices of this browser, not worth a place on the server. Each has one name, so no two parts share one by accident. */
export const useRememberedWorkspace = () => useLocalStorage<string | null>({ key: "weft.workspace", defaultValue: null, getInitialValueInEffect: false })

/** The workspace one was in last, else one shared with others (that is what an invitation was for), else one's own. */
export function useCurrentWorkspace(workspaces: readonly Workspace[]): Workspace | undefined {
  const [remembered] = useRememberedWorkspace()
  return workspaces.find(({ id }) => id === remembered) ?? workspaces.find(({ personal }) => !personal) ?? workspaces[0]
}

export const useSidebarHidden = () => useLocalStorage({ key: "weft.sidebar-hidden", defaultValue: false, getInitialValueInEffect: false })

export const useOutlineShown = () => useLocalStorage({ key: "weft.outline-shown", defaultValue: false, getInitialValueInEffect: false })

export const useExpanded = (workspace: string) =>
  useLocalStorage<string[]>({ key: `weft.expanded.${workspace}`, defaultValue: [], getInitialValueInEffect: false })
