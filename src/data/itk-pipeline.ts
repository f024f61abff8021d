/**
 * Runs one ITK pipeline, in a worker and in Node alike. ITK-Wasm's own loader is not used: in a browser it unpacks with a module from a data:
 * address, which our policy refuses, and it keeps each instance, so that its memory (never given back by WebAssembly) stays, and what
 * an aborted run left behind meets the next file. Here the code is compiled once and each run has an instance of its own.
 */
import type { PipelineInput, PipelineOutput } from 'itk-wasm'
import type PipelineEmscriptenModule from '../../node_modules/itk-wasm/dist/pipeline/pipeline-emscripten-module.js'
// Not exported by the package, which offers it only together with its loader.
import runPipelineEmscripten from '../../node_modules/itk-wasm/dist/pipeline/internal/run-pipeline-emscripten.js'

/** The pipelines that are used, and so the only ones that are served. */
export type PipelineName = 'read-image-dicom-file-series' | 'nrrd-read-image' | 'meta-read-image'

/** Where a pipeline's two files are. */
export interface PipelineFiles {
  /** Address of its JavaScript, for import(). */
  script: string
  wasm(): Promise<Uint8Array<ArrayBuffer>>
}

/** In the page: as vite.config.ts serves them, from our own origin. */
let filesOf = (name: PipelineName): PipelineFiles => ({
  script: new URL(`${import.meta.env.BASE_URL}itk/${name}.js`, location.origin).href,
  wasm: async () => {
    const response = await fetch(`${import.meta.env.BASE_URL}itk/${name}.wasm.gz`)
    if (!response.ok) throw new Error(`The decoder ${name} could not be loaded (${response.status}); reload the page.`)
    const served = new Uint8Array(await response.arrayBuffer())
    // Some servers call a .gz file an encoding of something else, and the browser has unpacked it.
    if (served[0] !== 0x1f) return served
    const plain = new Blob([served]).stream().pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(plain).arrayBuffer())
  },
})

/** Says where pipelines are; for Node, which has them in its packages. */
export function setPipelineFiles(own: (name: PipelineName) => PipelineFiles): void {
  filesOf = own
  loaded.clear()
}

type Start = (options: {
  print?: (line: string) => void
  printErr?: (line: string) => void
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, code: WebAssembly.Module) => void): object
}) => Promise<PipelineEmscriptenModule>

const loaded = new Map<PipelineName, Promise<{ start: Start; code: WebAssembly.Module }>>()

async function load(name: PipelineName): Promise<{ start: Start; code: WebAssembly.Module }> {
  const files = filesOf(name)
  const [script, code] = await Promise.all([
    import(/* @vite-ignore */ files.script) as Promise<{ default: Start }>,
    files.wasm().then((bytes) => WebAssembly.compile(bytes)),
  ])
  return { start: script.default, code }
}

/**
 * Runs a pipeline with ITK-Wasm's arguments, inputs and outputs.
 * @returns the data of each output
 * @throws Error whose message is what the pipeline printed, often nothing of use: the caller makes a sentence of it
 */
export async function runPipeline(
  name: PipelineName,
  args: string[],
  outputs: PipelineOutput[],
  inputs: PipelineInput[],
): Promise<unknown[]> {
  if (!loaded.has(name)) {
    const loading = load(name)
    loaded.set(name, loading)
    // Without a connection the next try may succeed.
    loading.catch(() => loaded.delete(name))
  }
  const { start, code } = await loaded.get(name)!
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const options: Parameters<Start>[0] = {
    instantiateWasm: (imports, done) => {
      void WebAssembly.instantiate(code, imports).then((instance) => done(instance, code))
      return {}
    },
  }
  // The script puts functions here that print to the console, where nobody looks for what is wrong with a file.
  for (const key of ['print', 'printErr']) Object.defineProperty(options, key, { get: () => print, set: () => {}, enumerable: true })
  const instance = await start(options)
  const { callMain } = instance
  instance.callMain = (own) => {
    try {
      return callMain(own)
    } catch (error) {
      // A C++ exception is the number of its address, of which the runner would complain on the console.
      throw typeof error === 'number' ? new Error(printed.join(' ') || `exception ${error}`) : error
    }
  }
  const result = runPipelineEmscripten(instance, [...args, '--memory-io'], outputs, inputs)
  if (result.returnValue !== 0) throw new Error(printed.join(' ') || `return value ${result.returnValue}`)
  return result.outputs.map((output) => output.data)
}
