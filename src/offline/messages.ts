/** What the page and its service worker say to each other: types only. */

export type ToServiceWorker =
  /** A waiting build is to be used from now on. */
  | { type: 'take-over' }
  /** Which build is kept; answered by `kept`, with its bytes and the name of its cache, which is also that of the lock on it. */
  | { type: 'what-is-kept' }

export type FromServiceWorker =
  | { type: 'kept'; cache: string; bytes: number }
  /** A request that left the browser, with the bytes of its body; `ownFile` if it only fetches a file of the page's own. */
  | SentRequest

export interface SentRequest {
  type: 'request'
  url: string
  method: string
  bytes: number
  ownFile: boolean
}
