/**
 * One helper thread of the SIMD kernels (threads.ts), as a classic worker script. It stands in for emscripten's thread script: tfjs's threaded
 * module starts it and hands it the shared memory with the message `load`. XNNPACK's own threads are never asked for.
 */
const port = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort ?? self
let memory = null

/** Waits for jobs and does this thread's part of each. Words: number of the job, kernel, then for each thread how many arguments its calls have in all; done. */
function work({ module, names, control, index, slots }) {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports
  const words = new Int32Array(memory.buffer, control, 2 + 2 * slots.threads)
  const values = new Float64Array(memory.buffer, control + slots.offset + 8 * slots.length * index, slots.length)
  port.postMessage({ cmd: 'ready' })
  for (let job = 0; ;) {
    // The next kernel mostly follows within microseconds; a thread asleep takes tens of them to wake.
    for (let turn = 0; Atomics.load(words, 0) === job; turn++) if (turn > 20_000) Atomics.wait(words, 0, job)
    job = Atomics.load(words, 0)
    const count = Atomics.load(words, 2 + index)
    let answer = job
    try {
      const kernel = kernels[names[words[1]]]
      for (let at = 0; at < count; at += kernel.length) kernel(...values.subarray(at, at + kernel.length))
    } catch {
      // The calling thread waits for an answer, and says what failed.
      answer = -job
    }
    Atomics.store(words, 2 + slots.threads + index, answer)
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
