/** Parts of the page whose code is loaded when they are first shown. */
import type { ComponentType } from 'react'
import { loadOwn } from '../lib/own-file'

/** Like `React.lazy`, which keeps a failure for as long as the page lives, but it can be tried again. */
export class LazyPart<P extends object> {
  /** The subject of the sentence that says it could not be loaded. */
  readonly what: string
  readonly #load: () => Promise<ComponentType<P>>
  #coming: Promise<ComponentType<P>> | null = null
  #arrived: ComponentType<P> | null = null
  #tries = 0
  readonly #listeners = new Set<() => void>()

  constructor(what: string, load: () => Promise<ComponentType<P>>) {
    this.what = what
    this.#load = () => loadOwn(what, load)
  }

  /** The same promise for all who ask, until `tryAgain`. It rejects with a LoadError. */
  get(): Promise<ComponentType<P>> {
    return (this.#coming ??= this.#load().then((part) => (this.#arrived = part)))
  }

  /** It, once it has arrived. */
  readonly arrived = (): ComponentType<P> | null => this.#arrived

  /** Loads it before it is needed; if that fails, it is tried again when it is. */
  loadAhead(): void {
    this.get().catch(() => (this.#coming = null))
  }

  /** How often it has been tried again; whoever shows it starts over when that changes. */
  readonly tries = (): number => this.#tries

  readonly tryAgain = (): void => {
    this.#coming = null
    this.#tries++
    for (const listener of this.#listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/**
 * @param what the subject of a sentence
 * @param load imports the module
 * @param pick takes the component from it; not part of `load`, which a second try may bypass
 */
export function lazyPart<M, P extends object>(what: string, load: () => Promise<M>, pick: (module: M) => ComponentType<P>): LazyPart<P> {
  const failures: unknown[] = []
  return new LazyPart(what, async () => {
    try {
      const part = pick(await (failures.length === 0 ? load() : loadAgain(load, failures.at(-1), failures.length)))
      // Firefox names the file that did not come, which may be one that the module imports.
      if (!part) throw new Error('Another module came.')
      return part
    } catch (error) {
      failures.push(error)
      throw error
    }
  })
}

/**
 * Imports a module that failed before. A browser may keep a failed import for as long as the page lives (github.com/whatwg/html/issues/6768),
 * and Vite does not ask for a failed style sheet again, so the address is changed, where the failure's message says it (Safari's does not).
 */
async function loadAgain<M>(load: () => Promise<M>, failure: unknown, times: number): Promise<M> {
  const address = failure instanceof Error ? /https?:\/\/[^\s?]+/.exec(failure.message)?.[0] : undefined
  if (!address) return await load()
  if (!address.endsWith('.css')) return (await import(/* @vite-ignore */ `${address}?again=${times}`)) as M
  const broken = document.querySelector(`link[rel=stylesheet][href^="${address}"]`)
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${address}?again=${times}` })
  broken?.remove()
  await new Promise((done, failed) => {
    link.addEventListener('load', done)
    link.addEventListener('error', () => failed(failure as Error))
    document.head.append(link)
  })
  return await load()
}
