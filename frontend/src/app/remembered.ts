import { useLocalStorage } from "@mantine/hooks"

/** Small choices of this browser, not worth a place on the server. Each has one name, so no two parts share one by accident. */
export const useRememberedWorkspace = () => useLocalStorage<string | null>({ key: "weft.workspace", defaultValue: null, getInitialValueInEffect: false })

export const useSidebarHidden = () => useLocalStorage({ key: "weft.sidebar-hidden", defaultValue: false, getInitialValueInEffect: false })

export const useOutlineShown = () => useLocalStorage({ key: "weft.outline-shown", defaultValue: false, getInitialValueInEffect: false })

export const useExpanded = (workspace: string) =>
  useLocalStorage<string[]>({ key: `weft.expanded.${workspace}`, defaultValue: [], getInitialValueInEffect: false })
