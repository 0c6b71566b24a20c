import { applyAwarenessUpdate, type Awareness, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness"

/** A moving caret makes dozens of changes a second; others see no difference between that and this. */
const INTERVAL = 40

type Change = { added: number[]; updated: number[]; removed: number[] }

/**
 * Carries a document's awareness over one connection after the other: our own state out, the first change at once and
 * what follows joined, and everyone else's in.
 *
 * Only our own: the server drops what a client says of others. That our state is renewed every 15 s, and that others are
 * forgotten after 30 s of silence, is y-protocols' doing; a renewal arrives here as one more change.
 */
export class PresenceLink {
  #connected = false
  #changed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly awareness: Awareness,
    private readonly send: (payload: Uint8Array) => void,
  ) {
    awareness.on("update", this.#onUpdate)
  }

  connected(): void {
    this.#connected = true
    this.renew()
  }

  /** Again, with a higher clock: at the old one the server told the others that we left. */
  renew(): void {
    const state = this.awareness.getLocalState()
    if (state !== null) this.awareness.setLocalState(state)
  }

  disconnected(): void {
    this.#connected = false
    this.#changed = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.awareness.clientID)
    removeAwarenessStates(this.awareness, others, this)
    // Their clocks too: they come back with the same ones, which would not count as news.
    for (const client of this.awareness.meta.keys()) {
      if (client !== this.awareness.clientID) this.awareness.meta.delete(client)
    }
  }

  receive(payload: Uint8Array): void {
    applyAwarenessUpdate(this.awareness, payload, this)
  }

  #tell(): void {
    this.send(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]))
  }

  stop(): void {
    this.awareness.off("update", this.#onUpdate)
    this.disconnected()
  }

  // Whoever caused it: y-protocols also raises our clock when somebody else says that we are gone.
  #onUpdate = ({ added, updated, removed }: Change) => {
    const own = this.awareness.clientID
    if (!this.#connected || ![added, updated, removed].some((clients) => clients.includes(own))) return
    if (this.#timer !== undefined) {
      this.#changed = true
      return
    }
    this.#tell()
    this.#timer = setTimeout(this.#onInterval, INTERVAL)
  }

  #onInterval = () => {
    this.#timer = undefined
    if (!this.#changed) return
    this.#changed = false
    this.#tell()
    this.#timer = setTimeout(this.#onInterval, INTERVAL)
  }
}
