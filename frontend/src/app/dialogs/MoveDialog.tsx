import { Button, Group, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core"
import { IconCheck, IconSearch } from "@tabler/icons-react"
import { type KeyboardEvent, useMemo, useState } from "react"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { useDocumentTree, useWorkspace } from "../data/queries"
import { mayArrange } from "../rights"
import { fold } from "../search/terms"
import { ancestorsOf, type DocumentTree, inTreeOrder, mayStandUnder, titleOf } from "../tree/model"
import styles from "./MoveDialog.module.css"

interface Goal {
  parent: string | null
  title: string
  way: string
}

/** Where a document may go, in the order of the sidebar: the top, and every document that isn't itself or below it and that we may edit. */
export function goalsFor(tree: DocumentTree, id: string, top: string): Goal[] {
  const goals: Goal[] = [{ parent: null, title: top, way: "Top level" }]
  for (const document of inTreeOrder(tree)) {
    if (!mayArrange(document) || !mayStandUnder(tree, id, document.id)) continue
    const way = ancestorsOf(tree, document.id).map(titleOf).join(" / ")
    goals.push({ parent: document.id, title: titleOf(document), way })
  }
  return goals
}

interface Props {
  document: Document
  onDone(): void
}

export function MoveDialog({ document, onDone }: Props) {
  const actions = useDocumentActions()
  const workspace = useWorkspace(document.workspace)
  const { tree } = useDocumentTree(document.workspace)
  const [wanted, setWanted] = useState("")
  const [chosen, setChosen] = useState<string | null>(document.parent)
  const goals = useMemo(() => goalsFor(tree, document.id, workspace?.name ?? "Workspace"), [tree, document.id, workspace?.name])
  const needle = fold(wanted.trim())
  const shown = goals.filter((goal) => fold(`${goal.way} ${goal.title}`).includes(needle)).slice(0, 200)

  const walk = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (step === 0 || shown.length === 0) return
    event.preventDefault()
    const at = shown.findIndex((goal) => goal.parent === chosen)
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))]
    if (!next) return
    setChosen(next.parent)
    window.document.getElementById(optionId(next.parent))?.scrollIntoView({ block: "nearest" })
  }
  const submit = () => {
    if (chosen !== document.parent) void actions.move(document, { parent: chosen, before: null })
    onDone()
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        placeholder="Search for a document"
        aria-label="Search for a document to move under"
        leftSection={<IconSearch size={16} />}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        onKeyDown={walk}
        role="combobox"
        aria-expanded
        aria-controls="move-goals"
        aria-activedescendant={optionId(chosen)}
        data-autofocus
      />
      <ScrollArea.Autosize mah={320} mt="sm" type="auto">
        <div id="move-goals" role="listbox" aria-label="Move under">
          {shown.map((goal) => (
            <UnstyledButton
              key={goal.parent ?? "top"}
              id={optionId(goal.parent)}
              role="option"
              tabIndex={-1}
              aria-selected={goal.parent === chosen}
              className={styles.goal}
              onClick={() => setChosen(goal.parent)}
              onDoubleClick={submit}
            >
              <span className={styles.names}>
                <span className={styles.title}>{goal.title}</span>
                {goal.way && <span className={styles.way}>{goal.way}</span>}
              </span>
              {goal.parent === chosen && <IconCheck size={16} aria-hidden />}
            </UnstyledButton>
          ))}
          {shown.length === 0 && (
            <Text size="sm" c="dimmed" p="sm">
              No document you may move it under has that name.
            </Text>
          )}
        </div>
      </ScrollArea.Autosize>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" disabled={chosen === document.parent}>
          Move here
        </Button>
      </Group>
    </form>
  )
}

const optionId = (parent: string | null) => `move-to-${parent ?? "top"}`
