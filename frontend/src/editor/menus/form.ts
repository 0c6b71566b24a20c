import type { FocusEvent } from "react"

/**
 * As a field's ref: what is known is selected when the field appears, to be typed over. In an effect of the form it would
 * be too early, for the portal draws the field later.
 */
export function selectAll(field: HTMLInputElement | HTMLTextAreaElement | null): void {
  field?.select()
}

/**
 * Whether the focus leaves a form for elsewhere in the page. When it goes with the whole window, because an address is to
 * be copied from another, the element keeps being the active one, and the form is wanted when the person comes back.
 */
export function leaves({ currentTarget, relatedTarget, target }: FocusEvent<HTMLElement>): boolean {
  return document.activeElement !== target && !currentTarget.contains(relatedTarget)
}
