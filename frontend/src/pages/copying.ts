/** Copy buttons, shown where the browser has a clipboard to offer. */
export function enableCopying(root: ParentNode = document): void {
  if (!navigator.clipboard) return
  for (const button of root.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy ?? "")
    if (!(source instanceof HTMLInputElement)) continue
    button.hidden = false
    button.addEventListener("click", async () => {
      source.select()
      await navigator.clipboard.writeText(source.value)
      button.textContent = "Copied"
    })
  }
}
