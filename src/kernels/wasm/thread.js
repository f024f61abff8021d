/**
 * One helper thread of the SIMD kernels (threads.ts), as a classic worker script. It stands in for emscripten's thread script: tfjs's threaded
 * module starts it and hands it the shared memory with the message `load`. XNNPACK's own threads are never asked for.
 */
const port = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort ?? self
let memory = null

/** Turns of waiting before a thread goes to sleep. */
const patience = 20_000

/** Waits for jobs and does this thread's part of each; `layout` is that of threads.ts. */
function work({ module, names, control, index, threads, slot, layout }) {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports
  const words = new Int32Array(memory.buffer, control, layout.bytes / 4)
  const values = new Float64Array(memory.buffer, control + layout.bytes + 8 * slot * index, slot)
  /** The list that was run last. */
  let list = { number: 0, jobs: [] }

  /** The jobs of this thread in a list, and which of all each is. */
  function jobsAt(at, length) {
    const numbers = Array.from(new Float64Array(memory.buffer, at, length))
    const jobs = []
    for (let i = 0, job = 0; i < length; job++) {
      const kernel = kernels[names[numbers[i]]]
      const count = numbers[i + 1]
      const after = numbers
        .slice(i + 2, i + 2 + threads)
        .flatMap((least, thread) => (least > 0 && thread !== index ? [{ least, thread }] : []))
      i += 2 + threads
      const calls = Array.from({ length: count }, (_, k) => numbers.slice(i + k * kernel.length, i + (k + 1) * kernel.length))
      if (count > 0) i += count * kernel.length
      if (count > 0) jobs.push({ job, kernel, calls, after })
    }
    return jobs
  }

  const progressOf = (thread) => layout.progress + layout.line * thread

  /** Waits until a thread has left so many jobs behind. Throws what it has left if it failed. */
  function reach(thread, least) {
    for (let turn = 0; ; turn++) {
      const done = Atomics.load(words, progressOf(thread))
      if (done >= least) return
      if (done < 0) throw done
      if (turn > patience) Atomics.wait(words, progressOf(thread), done)
    }
  }

  function leave(done) {
    Atomics.store(words, progressOf(index), done)
    Atomics.notify(words, progressOf(index))
  }

  function runList([number, at, length]) {
    let doing = 0
    try {
      if (list.number !== number) list = { number, jobs: jobsAt(at, length) }
      for (const { job, kernel, calls, after } of list.jobs) {
        doing = job
        for (const { thread, least } of after) reach(thread, least)
        for (const call of calls) kernel(...call)
        leave(job + 1)
      }
      leave(layout.end)
    } catch (error) {
      leave(typeof error === 'number' ? error : -1 - doing)
    }
  }

  port.postMessage({ cmd: 'ready' })
  for (let job = 0; ;) {
    // The next kernel mostly follows within microseconds; a thread asleep takes tens of them to wake.
    for (let turn = 0; Atomics.load(words, layout.job) === job; turn++) if (turn > patience) Atomics.wait(words, layout.job, job)
    job = Atomics.load(words, layout.job)
    if (words[layout.kernel] === layout.list) {
      runList(values)
      continue
    }
    const count = words[layout.counts + index]
    let answer = job
    try {
      const kernel = kernels[names[words[layout.kernel]]]
      for (let at = 0; at < count; at += kernel.length) kernel(...values.subarray(at, at + kernel.length))
    } catch {
      // The calling thread waits for an answer, and says what failed.
      answer = -job
    }
    Atomics.store(words, layout.answers + index, answer)
  }
}

function receive(data) {
  if (data.cmd === 'load') {
    memory = data.wasmMemory
    port.postMessage({ cmd: 'loaded' })
  } else if (data.cmd === 'work') work(data)
}

if (port === globalThis) port.onmessage = ({ data }) => receive(data)
else port.on('message', receive)
