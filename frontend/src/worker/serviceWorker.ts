/// <reference lib="webworker" />
/**
 * Opens the app without a network. It keeps one build of it (the page as it is for nobody in particular, and the files
 * that page needs) and nothing else: no answer of the API, no account page, nothing personal. Documents are kept by the
 * pages themselves, in IndexedDB.
 *
 * The network comes first for pages, so that a new build is seen at the next load, whichever worker is in charge. That is
 * also why a new one may take over at once. The files of the build before stay, for tabs that still run on them.
 */
import { filesIn, isAway, wayOf } from "./routes"

declare const self: ServiceWorkerGlobalScope
/** Filled in by the build: the files of the app, those that are needed to open, read and edit, and a name for all of it. */
declare const __FILES__: readonly string[]
declare const __BUILD__: string

const SHELL = "/shell/"
const PREFIX = "weft-build-"
const CACHE = PREFIX + __BUILD__
/** What is asked for only by some documents: fonts of formulas, rare languages. */
const LATER = "weft-later"
/** When the network takes longer than this to bring the page, the kept one comes: it looks for news by itself. */
const PATIENCE_MS = 4_000

const kept = new Set(__FILES__)

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()))
})

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forgetOldBuilds(), self.clients.claim()]))
})

self.addEventListener("fetch", (event) => {
  const { request } = event
  const way = wayOf({ method: request.method, mode: request.mode, url: new URL(request.url) }, self.location.origin, kept)
  if (way === "page") event.respondWith(page(request))
  else if (way === "file") event.respondWith(file(request))
})

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE)
  const shell = await fetch(SHELL, { cache: "no-store" })
  if (!shell.ok) throw new Error("the page could not be fetched")
  // While servers are being replaced the page may be of another build than this worker. The next try will fit.
  const strange = filesIn(await shell.clone().text()).find((path) => !kept.has(path))
  if (strange) throw new Error(`the page asks for ${strange}, which is of another build`)
  // What the page loaded meanwhile comes from the browser's own cache, since these names never mean anything else.
  await cache.addAll([...kept])
  await cache.put(SHELL, shell)
}

async function page(request: Request): Promise<Response> {
  const network = fetch(request)
  // It may fail when nobody waits for it any more.
  network.catch(() => undefined)
  const shell = () => caches.match(SHELL)
  try {
    const answer = await Promise.race([network, later(PATIENCE_MS)])
    if (answer && !isAway(answer.status)) return answer
    return (await shell()) ?? (await network)
  } catch (error) {
    const answer = await shell()
    if (answer) return answer
    throw error
  }
}

async function file(request: Request): Promise<Response> {
  const found = await caches.match(request, { ignoreVary: true })
  if (found) return found
  const answer = await fetch(request)
  if (answer.ok && answer.status === 200) {
    const copy = answer.clone()
    // No room is no reason to go without the file.
    void caches.open(LATER).then((cache) => cache.put(request, copy)).catch(() => undefined)
  }
  return answer
}

/** Ours and the one before it stay. */
async function forgetOldBuilds(): Promise<void> {
  const builds = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
  const former = builds.at(-1)
  await Promise.all(builds.filter((name) => name !== former).map((name) => caches.delete(name)))
  // The shell is looked for in all of them, and only ours may have one.
  if (former) await (await caches.open(former)).delete(SHELL)
  const later = await caches.open(LATER)
  const asked = await later.keys()
  // Some of these belong to builds long gone; those in use come again.
  if (asked.length > 200) await Promise.all(asked.slice(0, asked.length - 200).map((request) => later.delete(request)))
}

const later = (ms: number) => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms))
