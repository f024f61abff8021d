/**
 * Runs one ITK pipeline, in a worker or in Node. ITK-Wasm's own loader is not used: in a browser it unpacks with a module from a data:
 * address, which our policy blocks, and it keeps each instance, so that its memory (never freed by WebAssembly) stays, and what
 * an aborted run left behind affects the next file. Here the code is compiled once and each run has its own instance.
 */
import { fetchOwn, loadOwn } from '../lib/own-file'
import type { PipelineInput, PipelineOutput } from 'itk-wasm'
import type PipelineEmscriptenModule from '../../node_modules/itk-wasm/dist/pipeline/pipeline-emscripten-module.js'
// The package exports it only together with its loader.
import runPipelineEmscripten from '../../node_modules/itk-wasm/dist/pipeline/internal/run-pipeline-emscripten.js'

/** The pipelines in use, and so the only ones served. */
export type PipelineName = 'read-image-dicom-file-series' | 'nrrd-read-image' | 'meta-read-image'

/** Where a pipeline's two files are. */
export interface PipelineFiles {
  /** Address of its JavaScript, for import(). */
  script: string
  wasm(): Promise<Uint8Array<ArrayBuffer>>
}

const decoder = 'A decoder'

/** In the page's worker: served by vite.config.ts from our own origin; in a build, beside the folder of the worker's script. */
const served = (file: string): string => new URL(import.meta.env.DEV ? `/itk/${file}` : `../itk/${file}`, location.href).href

let filesOf = (name: PipelineName): PipelineFiles => ({
  script: served(`${name}.js`),
  wasm: async () => {
    const bytes = new Uint8Array(await fetchOwn(decoder, served(`${name}.wasm.gz`)))
    // Some servers declare .gz as a content encoding, and the browser has already unpacked it.
    if (bytes[0] !== 0x1f) return bytes
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(plain).arrayBuffer())
  },
})

/** Sets where pipelines are; for Node, which has them in its packages. */
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
    loadOwn(decoder, () => import(/* @vite-ignore */ files.script) as Promise<{ default: Start }>),
    files.wasm().then((bytes) => WebAssembly.compile(bytes)),
  ])
  return { start: script.default, code }
}

/**
 * Runs a pipeline with ITK-Wasm's arguments, inputs and outputs.
 * @returns the data of each output
 * @throws LoadError, or an Error whose message is the pipeline's output, often useless: the caller makes a sentence of it
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
    // When the server is back the next try may succeed.
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
  // The script sets functions that print to the console, where nobody looks for errors in a file.
  for (const key of ['print', 'printErr']) Object.defineProperty(options, key, { get: () => print, set: () => {}, enumerable: true })
  const instance = await start(options)
  const { callMain } = instance
  instance.callMain = (own) => {
    try {
      return callMain(own)
    } catch (error) {
      // A C++ exception is thrown as its address, a number, about which the runner would complain on the console.
      throw typeof error === 'number' ? new Error(printed.join(' ') || `exception ${error}`) : error
    }
  }
  const result = runPipelineEmscripten(instance, [...args, '--memory-io'], outputs, inputs)
  if (result.returnValue !== 0) throw new Error(printed.join(' ') || `return value ${result.returnValue}`)
  return result.outputs.map((output) => output.data)
}
