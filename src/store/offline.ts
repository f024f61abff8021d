/** What the page has of its service worker (src/offline), which keeps the page's files and adds the headers that a host does not send. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { FromServiceWorker, ToServiceWorker } from '../offline/messages'
import { hasUnwritten } from './stored-drawings'
import { pageStore } from './page-store'
import { countSent } from './requests'
import { wouldLose } from './state'

export interface Offline {
  /** Bytes of the page's own files that are kept in this browser; null while it cannot do without its server. */
  kept: number | null
  /** What a reload would bring, if the user wants it: a newer version, or threads. */
  offer: 'update' | 'threads' | null
}

export const offline = createStore<Offline>(() => ({ kept: null, offer: null }))
export const useOffline = <T>(select: (state: Offline) => T): T => useStore(offline, select)

/** The address as it was given; some of it, such as the number of threads, does not stay in it. */
const opened = location.href

let registration: ServiceWorkerRegistration | null = null

/** The cache whose files this page uses: it is not deleted while the page holds a lock of that name. */
let held: string | null = null

/** Has the service worker keep the page. Called once; does nothing where there is none, as in private windows of some browsers. */
export async function keepOffline(): Promise<void> {
  // In development files change with every request.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  serviceWorker.addEventListener('message', ({ data }: MessageEvent<FromServiceWorker>) => {
    if (data.type === 'request') countSent('service worker', data)
    else hold(data)
  })
  let before = serviceWorker.controller
  const ask = () => serviceWorker.controller?.postMessage({ type: 'what-is-kept' } satisfies ToServiceWorker)
  serviceWorker.addEventListener('controllerchange', () => {
    ask()
    // Another tab has changed the version; this one keeps what it has until it is reloaded.
    if (before) offline.setState({ offer: 'update' })
    else isolate()
    before = serviceWorker.controller
  })
  ask()
  // A browser may refuse, and a test that wants none gives nothing.
  registration = (await serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`, { updateViaCache: 'none' }).catch(() => null)) ?? null
  if (!registration) return
  const { waiting, installing } = registration
  if (waiting && before) offline.setState({ offer: 'update' })
  watch(installing)
  registration.addEventListener('updatefound', () => watch(registration?.installing))
}

/** Offers a version once it is complete. The first one needs no offer. */
function watch(worker: ServiceWorker | null | undefined): void {
  worker?.addEventListener('statechange', () => {
    if (worker.state === 'installed' && navigator.serviceWorker.controller) offline.setState({ offer: 'update' })
  })
}

function hold({ cache, bytes }: Extract<FromServiceWorker, { type: 'kept' }>): void {
  offline.setState({ kept: bytes })
  if (held !== null) return
  held = cache
  void navigator.locks.request(cache, { mode: 'shared' }, () => new Promise(() => {}))
}

const reloadedKey = 'exemplar-lab reloaded for threads'

/**
 * Reloads a page that its host did not isolate, so that the service worker's headers do: once in a tab, and only if nobody has touched the page.
 * Otherwise it is offered.
 */
function isolate(): void {
  if (crossOriginIsolated) return
  try {
    if (sessionStorage.getItem(reloadedKey) !== null) return
    const untouched = navigator.userActivation?.hasBeenActive === false && !wouldLose(pageStore.getState()) && !hasUnwritten()
    if (!untouched) return offline.setState({ offer: 'threads' })
    sessionStorage.setItem(reloadedKey, 'yes')
  } catch {
    // Without storage it could not know that it has been reloaded.
    return
  }
  if (location.href === opened) location.reload()
  else location.replace(opened)
}

/** Reloads the page with what was offered; the browser asks first if a run would be lost. */
export function takeOffer(): void {
  const waiting = registration?.waiting
  if (!waiting) return location.reload()
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  waiting.postMessage({ type: 'take-over' } satisfies ToServiceWorker)
}

export const dismissOffer = () => offline.setState({ offer: null })
