import type { TuningStore } from '../kernels/conv2d/tuning'

const cacheName = 'exemplar-lab-tuning'
const address = (key: string) => `/tuning/${encodeURIComponent(key)}`

/** Keeps measured tables in the browser's cache storage: small records by name, available in workers. Keeps nothing if access is refused. */
export const tuningStore: TuningStore = {
  async get(key) {
    try {
      return await (await (await caches.open(cacheName)).match(address(key)))?.json()
    } catch {
      return undefined
    }
  },
  async set(key, value) {
    try {
      await (await caches.open(cacheName)).put(address(key), Response.json(value))
    } catch {
      // Measured again next time.
    }
  },
}
