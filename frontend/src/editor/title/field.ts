import type { Text, YTextEvent } from "yjs"
import { titleOrigin } from "../collaboration/fields"

/** The part of a text field the binding needs; a real `<textarea>` is one. */
export type TextField = {
  value: string
  selectionStart: number
  selectionEnd: number
  setSelectionRange: (start: number, end: number) => void
}

export type Splice = { index: number; remove: number; insert: string }

/** A title is one line: line breaks from a paste or a server become spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, " ")
}

/**
 * The one edit that turns `before` into `after`, beginning no later than the caret: "aa" typed to "aaa" in the middle
 * must insert where the person typed, or two people's letters would interleave. Never cuts a surrogate pair in two,
 * since half an emoji can't be stored by the server.
 */
export function spliceBetween(before: string, after: string, caret: number): Splice {
  let tail = 0
  const tailMost = Math.min(before.length, after.length - Math.min(caret, after.length))
  while (tail < tailMost && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  let head = 0
  const headMost = Math.min(before.length, after.length) - tail
  while (head < headMost && before[head] === after[head]) head++
  while (head > 0 && (splits(before, head) || splits(after, head))) head--
  while (tail > 0 && (splits(before, before.length - tail) || splits(after, after.length - tail))) tail--
  return { index: head, remove: before.length - head - tail, insert: after.slice(head, after.length - tail) }
}

function splits(text: string, index: number): boolean {
  const left = text.charCodeAt(index - 1)
  const right = text.charCodeAt(index)
  return left >= 0xd800 && left <= 0xdbff && right >= 0xdc00 && right <= 0xdfff
}

/** Where an index in the text is after others' changes; an insertion exactly there goes after it. */
export function followDelta(index: number, delta: YTextEvent["delta"]): number {
  let at = 0
  let moved = index
  for (const part of delta) {
    if (part.retain !== undefined) at += part.retain
    else if (part.delete !== undefined) moved -= Math.max(0, Math.min(part.delete, moved - at))
    else {
      const length = typeof part.insert === "string" ? part.insert.length : 1
      if (at < moved) moved += length
      at += length
    }
  }
  return moved
}

/**
 * Ties a text field to a Y.Text. While an input method composes, nothing is sent and nothing remote is shown, because
 * changing the field's value would abort the composition; both are made good when it ends.
 */
export class TitleField {
  private composing = false
  private missed: YTextEvent["delta"][] = []
  private shown: string
  private readonly field: TextField
  private readonly text: Text
  private readonly onShow: (value: string) => void

  constructor(field: TextField, text: Text, onShow: (value: string) => void) {
    this.field = field
    this.text = text
    this.onShow = onShow
    this.shown = oneLine(text.toString())
    this.field.value = this.shown
    this.onShow(this.shown)
    this.text.observe(this.receive)
  }

  destroy(): void {
    this.text.unobserve(this.receive)
  }

  /** The person changed the field. */
  input(): void {
    if (this.composing) {
      this.onShow(this.field.value)
      return
    }
    this.send()
  }

  beginComposition(): void {
    this.composing = true
  }

  endComposition(): void {
    this.composing = false
    let caret = this.field.selectionEnd
    const missed = this.missed
    this.missed = []
    this.send(missed)
    if (missed.length === 0) return
    for (const delta of missed) caret = followDelta(caret, delta)
    this.show(oneLine(this.text.toString()), caret, caret)
  }

  /** Writes what was typed since the field last agreed with the text, past the changes it `missed` meanwhile. */
  private send(missed: YTextEvent["delta"][] = []): void {
    const typed = oneLine(this.field.value)
    const { selectionStart, selectionEnd } = this.field
    // Against what the field showed, not against the text: what it missed isn't ours to undo.
    const edit = spliceBetween(this.shown, typed, selectionEnd)
    this.shown = typed
    if (typed !== this.field.value) this.show(typed, selectionStart, selectionEnd)
    this.onShow(typed)
    if (edit.remove === 0 && edit.insert === "") return
    const follow = (at: number) => Math.min(missed.reduce(followDelta, at), this.text.length)
    const index = follow(edit.index)
    const remove = edit.remove > 0 ? follow(edit.index + edit.remove) - index : 0
    this.text.doc?.transact(() => {
      if (remove > 0) this.text.delete(index, remove)
      if (edit.insert !== "") this.text.insert(index, edit.insert)
    }, titleOrigin)
  }

  private readonly receive = (event: YTextEvent): void => {
    if (event.transaction.origin === titleOrigin && event.transaction.local) return
    if (this.composing) {
      this.missed.push(event.delta)
      return
    }
    const start = followDelta(this.field.selectionStart, event.delta)
    const end = followDelta(this.field.selectionEnd, event.delta)
    this.show(oneLine(this.text.toString()), start, end)
  }

  private show(value: string, start: number, end: number): void {
    this.shown = value
    if (this.field.value !== value) this.field.value = value
    this.field.setSelectionRange(Math.min(start, value.length), Math.min(end, value.length))
    this.onShow(value)
  }
}
