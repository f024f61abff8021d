/** What the worker holds after its garbage has been collected, by way of the browser's debugger: nothing of it is in the page. */
import type { Page } from '@playwright/test'

interface Answer {
  id: number
  result: { usedSize: number; backingStorageSize: number }
}

/** Bytes, and WebAssembly instances made since the counting began. */
export interface Held {
  /** Of the JavaScript heap and of array buffers outside it. */
  heap: number
  /** Of the memory of instances that are still alive. */
  wasm: number
  instances: number
}

type Scope = typeof globalThis & { memories: WeakRef<WebAssembly.Memory>[] }

/** Runs in the worker: notes the memory of each WebAssembly instance, which the heap's numbers leave out. */
function noteInstances(): void {
  const plain = WebAssembly.instantiate as (
    ...given: unknown[]
  ) => Promise<WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource>
  const memories: Scope['memories'] = ((globalThis as Scope).memories = [])
  const noted = async (...given: unknown[]) => {
    const made = await plain(...given)
    const { exports } = 'instance' in made ? made.instance : made
    for (const value of Object.values(exports)) if (value instanceof WebAssembly.Memory) memories.push(new WeakRef(value))
    return made
  }
  Object.assign(WebAssembly, { instantiate: noted })
}

/** @returns a function that collects garbage and counts what is left */
export async function workerMemory(page: Page): Promise<() => Promise<Held>> {
  const [worker] = page.workers()
  await worker!.evaluate(noteInstances)
  const debug = await page.context().newCDPSession(page)
  const answers = new Map<number, (result: Answer['result']) => void>()
  debug.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as Answer
    answers.get(id)?.(result)
  })
  const sessionId = await new Promise<string>((done, failed) => {
    debug.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => targetInfo.type === 'worker' && done(sessionId))
    debug.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false }).catch(failed)
  })
  let last = 0
  const ask = (method: string) =>
    new Promise<Answer['result']>((done, failed) => {
      const id = ++last
      answers.set(id, done)
      debug.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(failed)
    })
  return async () => {
    // What the first collection lets go may hold more.
    for (let i = 0; i < 3; i++) await ask('HeapProfiler.collectGarbage')
    const { usedSize, backingStorageSize } = await ask('Runtime.getHeapUsage')
    const memories = await worker!.evaluate(() => (globalThis as Scope).memories.map((memory) => memory.deref()?.buffer.byteLength ?? 0))
    return { heap: usedSize + backingStorageSize, wasm: memories.reduce((sum, bytes) => sum + bytes, 0), instances: memories.length }
  }
}
