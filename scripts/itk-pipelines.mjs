// The ITK-Wasm pipelines in use: where they are in Node, and a Vite plugin that serves them from our own origin.
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { ZSTDDecoder } from 'zstddec'

/** scripts/node-build.mjs says so in the package, which has the pipelines beside its commands. */
const isPackaged = typeof EXEMPLAR_PACKAGE !== 'undefined'
const packages = new URL(isPackaged ? './itk/' : '../node_modules/@itk-wasm/', import.meta.url)
/** In which package each pipeline is. */
export const pipelineFolders = {
  'read-image-dicom-file-series': 'dicom',
  'nrrd-read-image': 'image-io',
  'meta-read-image': 'image-io',
}

/**
 * The files of one pipeline, for setPipelineFiles of src/data/itk-pipeline.ts.
 * @param {keyof typeof pipelineFolders} name
 * @returns {{ script: string, wasm: () => Promise<Uint8Array<ArrayBuffer>> }}
 */
export function pipelineFiles(name) {
  const file = (ending) => new URL(isPackaged ? `${name}.${ending}` : `${pipelineFolders[name]}/dist/pipelines/${name}.${ending}`, packages)
  return {
    script: file('js').href,
    wasm: async () => {
      const decoder = new ZSTDDecoder()
      await decoder.init()
      return decoder.decode(await readFile(file('wasm.zst')))
    },
  }
}

/** Served below itk/: the script unchanged, the code as gzip, which a browser unpacks without a module from a data: address. */
async function served(path) {
  const [, name, ending] = /^([\w-]+)\.(js|wasm\.gz)$/.exec(path) ?? []
  if (!Object.hasOwn(pipelineFolders, name ?? '')) return null
  const files = pipelineFiles(name)
  return ending === 'js' ? readFile(new URL(files.script)) : gzipSync(await files.wasm())
}

/** Puts the pipelines into a build, and serves them in development. */
export const itkPipelines = () => ({
  name: 'itk-pipelines',
  configureServer(server) {
    server.middlewares.use('/itk', (request, response, next) => {
      served(request.url.slice(1).split('?')[0]).then((bytes) => {
        if (!bytes) return next()
        response.setHeader('Content-Type', request.url.includes('.js') ? 'text/javascript' : 'application/gzip')
        response.end(bytes)
      }, next)
    })
  },
  async generateBundle() {
    for (const name of Object.keys(pipelineFolders))
      for (const ending of ['js', 'wasm.gz'])
        this.emitFile({ type: 'asset', fileName: `itk/${name}.${ending}`, source: await served(`${name}.${ending}`) })
  },
})
