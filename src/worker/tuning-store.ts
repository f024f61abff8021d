import type { TuningStore } from '../kernels/webgpu/tuning'

const cacheName = 'exemplar-lab-tuning'
const address = (key: string) => `/tuning/${encodeURIComponent(key)}`

/** Keeps measured tables in the browser's cache storage: small records by name, which a worker can reach. Forgets where there is none. */
export const tuningStore: TuningStore = {
  async get(key) {
    const found = await (await caches.open(cacheName)).match(address(key)).catch(() => undefined)
    return found?.json()
  },
  async set(key, value) {
    await (await caches.open(cacheName)).put(address(key), Response.json(value)).catch(() => undefined)
  },
}
