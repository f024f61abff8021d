/** The requests that left the page since the user's images were opened, as its watchers saw them. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { leftUnseen } from '../lib/left-unseen'
import type { SentRequest } from '../offline/messages'

/** The service worker sees method and body of each request; where there is none the page and its worker see addresses. */
export type Watcher = 'service worker' | 'page'

/** All requests to one address. */
export interface Sent {
  url: string
  /** As the service worker saw it; null if only the page did. */
  method: string | null
  /** How many each watcher saw; both may have seen the same ones. */
  seen: Record<Watcher, number>
  /** Bytes of their bodies; null if nobody saw them. */
  bytes: number | null
  /** Whether they only fetched a file of the page's own. */
  ownFile: boolean
}

export interface Requests {
  /** Who has watched all of the page; if nobody has, nothing can be said. */
  watchers: readonly Watcher[]
  /** Whether they are counted from when images were opened, or else from when the page was. */
  sinceImages: boolean
  sent: readonly Sent[]
}

export const requests = createStore<Requests>(() => ({ watchers: [], sinceImages: false, sent: [] }))
export const useRequests = <T>(select: (state: Requests) => T): T => useStore(requests, select)

/** A request as a watcher tells of it. */
export type Told = Pick<SentRequest, 'url' | 'ownFile'> & Partial<Pick<SentRequest, 'method' | 'bytes'>>

/** The requests after one more. */
export function withRequest(sent: readonly Sent[], watcher: Watcher, { url, ownFile, method, bytes }: Told): Sent[] {
  const before = sent.find((one) => one.url === url && (!method || !one.method || one.method === method))
  const known = before ?? { url, method: null, seen: { 'service worker': 0, page: 0 }, bytes: null, ownFile }
  const next: Sent = {
    url,
    method: known.method ?? method ?? null,
    seen: { ...known.seen, [watcher]: known.seen[watcher] + 1 },
    bytes: bytes === undefined ? known.bytes : (known.bytes ?? 0) + bytes,
    ownFile: known.ownFile && ownFile,
  }
  return [...sent.filter((one) => one !== before), next]
}

export const timesOf = ({ seen }: Sent): number => Math.max(...Object.values(seen))

/** Counts a request. */
export const countSent = (watcher: Watcher, request: Told): void =>
  requests.setState(({ sent }) => ({ sent: withRequest(sent, watcher, request) }))

/** Whether an address is that of a file below the page's own, asked for as the page does. */
export function isOwnFile(url: string, page: string): boolean {
  const { href, search, pathname } = new URL(url)
  return href.startsWith(new URL('.', page).href) && (search === '' || /^\?again=\d+$/.test(search)) && /(\.\w+|\/)$/.test(pathname)
}

/** Counts a request by its address, which is all that a page sees; those that a service worker saw too are left to it. */
export const countAddress = (url: string): void => countSent('page', { url, ownFile: isOwnFile(url, document.baseURI) })

/** Begins to count, for as long as the page lives. */
export function watchRequests(): void {
  if ('serviceWorker' in navigator && navigator.serviceWorker.controller) addWatcher('service worker')
  navigator.serviceWorker?.addEventListener('controllerchange', () => addWatcher('service worker'))
  if (!('PerformanceObserver' in globalThis)) return
  const observer = new PerformanceObserver((list) =>
    list
      .getEntries()
      .filter(leftUnseen)
      .forEach(({ name }) => countAddress(name)),
  )
  observer.observe({ type: 'resource', buffered: true })
  addWatcher('page')
}

const addWatcher = (watcher: Watcher) =>
  requests.setState(({ watchers }) => ({ watchers: watchers.includes(watcher) ? watchers : [...watchers, watcher] }))

/** Counts from now on, as images of the user's are opened; later ones add to these. */
export const countFromImages = (): void =>
  requests.setState(({ sinceImages, sent }) => ({ sinceImages: true, sent: sinceImages ? sent : [] }))
