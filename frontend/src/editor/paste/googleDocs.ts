import { unwrap } from "./styles"
import { makeTask } from "./tasks"

/** Whether a clipboard's HTML was written by Google Docs. */
export function isFromGoogleDocs(html: string): boolean {
  return /docs-internal-guid-|id="?docs-internal/i.test(html)
}

/** Google wraps everything in a bold element that isn't bold, nests lists beside their items, and hides checklists. */
export function cleanGoogleDocs(root: HTMLElement): void {
  for (const bold of root.querySelectorAll<HTMLElement>("b")) {
    if (/font-weight:\s*normal/i.test(bold.getAttribute("style") ?? "")) unwrap(bold)
  }
  for (const list of root.querySelectorAll(":is(ul, ol) > :is(ul, ol)")) {
    const item = list.previousElementSibling
    if (item?.tagName === "LI") item.append(list)
  }
  for (const item of root.querySelectorAll<HTMLElement>("li[role='checkbox']")) {
    const done = item.getAttribute("aria-checked") === "true"
    makeTask(item, done)
    item.querySelector(":scope > img")?.remove()
    // Google strikes out what is done; here the box says it.
    for (const words of item.querySelectorAll<HTMLElement>(":scope > p span")) {
      if (done) words.style.textDecoration = ""
    }
  }
  for (const link of root.querySelectorAll<HTMLAnchorElement>("a[href*='google.com/url?']")) {
    const address = new URL(link.href, "https://docs.google.com").searchParams.get("q")
    if (address) link.setAttribute("href", address)
  }
  // Between blocks a break is Google's spacing, not a line of the text.
  for (const line of root.querySelectorAll("br")) {
    if (line.parentElement === root || line.classList.contains("Apple-interchange-newline")) line.remove()
  }
}
