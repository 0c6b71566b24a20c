/** People's colours, set by script: a style attribute in the page would need a hole in the content security policy. */
export function showColors(root: ParentNode = document): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-color]")) {
    const color = element.dataset.color ?? ""
    if (/^#[0-9a-f]{6}$/i.test(color)) element.style.setProperty("--person", color)
  }
}
