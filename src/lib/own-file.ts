/** The page's own files that are loaded when they are needed: code, WebAssembly, decoders. A network may be gone for a while. */

/** One of our own files could not be loaded, which says nothing about the user's. The message is what the user is told. */
export class LoadError extends Error {
  override name = 'LoadError'
  /** @param what the subject of the sentence */
  constructor(what: string, cause: unknown) {
    super(`${what} could not be loaded from the server; your run is kept.`, { cause })
  }
}

/** Milliseconds before each further try: a server that restarts is back within seconds. */
const pauses = [300, 1000, 3000]

/** Resolves after so many milliseconds. */
export type Wait = (ms: number) => Promise<void>

const timer: Wait = (ms) => new Promise((done) => setTimeout(done, ms))

/**
 * Loads what the page is made of; every import() and fetch of our own files goes through here. A failure is tried again, with growing pauses.
 * @param what the subject of the sentence that says that it could not be loaded
 * @param load given the failures so far
 * @throws LoadError after the last try
 */
export async function loadOwn<T>(what: string, load: (failures: readonly unknown[]) => Promise<T>, wait = timer): Promise<T> {
  const failures: unknown[] = []
  for (const pause of pauses)
    try {
      return await load(failures)
    } catch (error) {
      failures.push(error)
      await wait(pause)
    }
  return load(failures).catch((error: unknown) => Promise.reject(new LoadError(what, error)))
}

/** The bytes of one of our own files. @throws LoadError */
export const fetchOwn = (what: string, address: string): Promise<ArrayBuffer> =>
  loadOwn(what, async () => {
    const response = await fetch(address)
    if (!response.ok) throw new Error(`${address} was answered with ${response.status}.`)
    return response.arrayBuffer()
  })

/** For a `catch` that takes any error for a fault of the file being read: throws on the one that is not. */
export function throwLoadError(error: unknown): void {
  if (error instanceof LoadError) throw error
}
