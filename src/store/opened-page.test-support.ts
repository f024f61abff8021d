import { vi } from 'vitest'
import { FakeWorker } from '../worker/fake-worker.test-support'

/** What a page has as it opens, with the modules of the store anew and no worker but a fake one. @param search of its address */
export function stubPage(search = ''): void {
  vi.resetModules()
  vi.stubGlobal('Worker', FakeWorker)
  vi.stubGlobal('location', { search, pathname: '/' })
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 })
  vi.stubGlobal('history', { replaceState: () => undefined })
  vi.stubGlobal('addEventListener', () => undefined)
}
