import { Modal, ScrollArea, TextInput, UnstyledButton } from "@mantine/core"
import { useDebouncedValue, useHotkeys } from "@mantine/hooks"
import { type Icon, IconClock, IconFileText, IconPlus, IconSearch, IconStar, IconTrash, IconUsers } from "@tabler/icons-react"
import { type KeyboardEvent, useId, useMemo, useState } from "react"
import { useLocation } from "wouter"
import type { FoundDocument } from "../../api/documents"
import { explain } from "../../api/errors"
import { useDocumentList, useDocumentSearch, useDocumentTree, useSignedIn } from "../data/queries"
import { routes } from "../routes"
import { Marked } from "../search/Marked"
import { rank } from "../search/rank"
import { fold, termsOf } from "../search/terms"
import { ancestorsOf, titleOf } from "../tree/model"
import styles from "./QuickSwitcher.module.css"
import { useShell } from "./ShellContext"

const SHOWN = 12

/** Any document by a few letters of its name, or by words that it holds (Ctrl or ⌘ K), and the pages there are. */
export function QuickSwitcher({ opened, onOpen, onClose }: { opened: boolean; onOpen(): void; onClose(): void }) {
  useHotkeys([["mod+K", onOpen]])
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      attributes={{ content: { "aria-label": "Find a document" } }}
      size="37.5rem"
      centered={false} // its upper edge stays where it is while the list below grows and shrinks
      yOffset="14vh"
      padding={0}
      radius="lg"
      shadow="lg"
    >
      <Search onDone={onClose} />
    </Modal>
  )
}

interface Goal {
  id: string
  icon: Icon
  name: string
  place?: string
  excerpt?: string
  go(): void
}

function Search({ onDone }: { onDone(): void }) {
  const list = useId()
  const [query, setQuery] = useState("")
  const { documents, answer } = useFound(query.trim())
  const pages = usePages()
  const terms = useMemo(() => termsOf(query), [query])
  const groups = [
    { heading: query.trim() ? "Documents" : "Recently opened", goals: documents },
    { heading: "Go to", goals: pages.filter(({ name }) => fold(name).includes(fold(query.trim()))) },
  ].filter(({ goals }) => goals.length > 0)
  const goals = groups.flatMap((group) => group.goals)

  // What comes from the server comes later: it must not move what somebody chose, and is first as long as nobody did.
  const [chosen, setChosen] = useState<string | null>(null)
  const current = goals.find(({ id }) => id === chosen) ?? goals[0]
  const optionId = (goal: Goal) => `${list}-${goal.id}`
  const choose = (goal: Goal | undefined) => {
    if (!goal) return
    setChosen(goal.id)
    window.document.getElementById(optionId(goal))?.scrollIntoView({ block: "nearest" })
  }
  const open = (goal: Goal | undefined) => {
    if (!goal) return
    onDone()
    goal.go()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const at = current ? goals.indexOf(current) : -1
    if (event.key === "ArrowDown") choose(goals[(at + 1) % goals.length])
    else if (event.key === "ArrowUp") choose(goals.at(at - 1))
    else if (event.key === "Enter") open(current)
    else return
    event.preventDefault()
  }

  return (
    <>
      <TextInput
        classNames={{ input: styles.input }}
        size="lg"
        placeholder="Find a document"
        aria-label="Find a document"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setChosen(null)
        }}
        onKeyDown={onKeyDown}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={current && optionId(current)}
        data-autofocus
      />
      <ScrollArea.Autosize mah="min(25rem, 60dvh)" type="scroll">
        <div id={list} role="listbox" aria-label="Documents and pages" className={styles.list}>
          {groups.map(({ heading, goals }) => (
            <div key={heading} role="group" aria-label={heading}>
              <div className={styles.heading} aria-hidden>
                {heading}
              </div>
              {goals.map((goal) => (
                <UnstyledButton
                  key={goal.id}
                  id={optionId(goal)}
                  role="option"
                  tabIndex={-1}
                  aria-selected={goal === current}
                  className={styles.goal}
                  onClick={() => open(goal)}
                >
                  <goal.icon size={20} stroke={1.5} aria-hidden />
                  <span className={styles.lines}>
                    <span className={styles.name}>
                      <Marked text={goal.name} terms={terms} />
                    </span>
                    {goal.place && <span className={styles.place}>{goal.place}</span>}
                    {goal.excerpt !== undefined && (
                      <span className={styles.excerpt}>
                        <Marked text={goal.excerpt} terms={terms} />
                      </span>
                    )}
                  </span>
                </UnstyledButton>
              ))}
            </div>
          ))}
        </div>
        {answer && (
          <div role="status" className={styles.answer}>
            {answer}
          </div>
        )}
      </ScrollArea.Autosize>
    </>
  )
}

/**
 * The workspace at hand answers while typing; the server adds what other workspaces and shares hold, and what only texts
 * say. `answer` is what is to be said beside it.
 */
function useFound(query: string): { documents: Goal[]; answer: string | null } {
  const [, navigate] = useLocation()
  const { workspaces } = useSignedIn()
  const { workspace } = useShell()
  const [asked] = useDebouncedValue(query, 180)
  const { tree } = useDocumentTree(workspace.id)
  const recent = useDocumentList("recent")
  const found = useDocumentSearch(asked)
  // While the next answer is on its way, the last one's finds say nothing about what is typed now.
  const fresh = asked === query && !found.isPlaceholderData

  const documents = useMemo((): FoundDocument[] => {
    if (!query) return (recent.data ?? []).slice(0, SHOWN)
    return rank([...tree.byId.values()], fresh ? (found.data ?? []) : [], query).slice(0, SHOWN)
  }, [query, recent.data, tree, found.data, fresh])

  const placeOf = (document: FoundDocument): string => {
    const home = workspaces.find(({ id }) => id === document.workspace)?.name ?? "Shared with me"
    return [home, ...ancestorsOf(tree, document.id).map(titleOf)].join(" / ")
  }
  return {
    documents: documents.map((document) => ({
      id: document.id,
      icon: IconFileText,
      name: titleOf(document),
      place: placeOf(document),
      excerpt: document.excerpt,
      go: () => navigate(routes.document(document.id)),
    })),
    answer:
      query === ""
        ? null
        : found.error && fresh
          ? `Only the titles at hand were looked through. ${explain(found.error)}`
          : documents.length > 0
            ? null
            : !fresh || found.isFetching
              ? "Looking…"
              : "No document has that name or says that",
  }
}

function usePages(): Goal[] {
  const [, navigate] = useLocation()
  const { newDocument, mayCreate } = useShell()
  return [
    ...(mayCreate ? [{ id: "new", icon: IconPlus, name: "New document", go: newDocument }] : []),
    { id: "recent", icon: IconClock, name: "Recent", go: () => navigate(routes.recent) },
    { id: "favourites", icon: IconStar, name: "Favourites", go: () => navigate(routes.favourites) },
    { id: "shared", icon: IconUsers, name: "Shared with me", go: () => navigate(routes.shared) },
    { id: "trash", icon: IconTrash, name: "Trash", go: () => navigate(routes.trash) },
  ]
}
