import type katex from "katex"

type Katex = typeof katex

let loading: Promise<Katex> | null = null

/** KaTeX and its style sheet, fetched when the first formula is drawn: most documents have none. */
export function loadKatex(): Promise<Katex> {
  loading ??= Promise.all([import("katex"), import("katex/dist/katex.min.css")]).then(([module]) => module.default)
  loading.catch(() => {
    // A failed download must not be remembered: the next formula tries again.
    loading = null
  })
  return loading
}

/** Draws a formula into an element. What can't be read stays legible as its source, marked as an error. */
export async function drawFormula(target: HTMLElement, latex: string, block: boolean): Promise<void> {
  if (latex.trim() === "") {
    target.textContent = block ? "Empty formula" : "formula"
    target.dataset.state = "empty"
    return
  }
  target.dataset.latex = latex
  try {
    const { render } = await loadKatex()
    if (target.dataset.latex !== latex) return // a newer formula overtook this one while KaTeX loaded
    // Bounds on macros and sizes: a formula comes from anyone who may edit, and is drawn in everyone's tab.
    render(latex, target, {
      displayMode: block,
      throwOnError: true,
      maxExpand: 500,
      maxSize: 30,
      trust: false,
      strict: false,
    })
    target.dataset.state = "drawn"
  } catch (error) {
    target.textContent = latex
    target.dataset.state = "error"
    target.title = error instanceof Error ? error.message : "This formula can't be drawn"
  }
}
