import { zipSync } from 'fflate'
import { baseName } from '../data/file-roles'
import type { LabelMap } from '../lib/raster'
import type { Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/report'
import { loadPy } from './load-py'
import { writeMetricsCsv } from './metrics-csv'
import { writePalettePng } from './palette-png'
import { writeSafetensors, type StoredTensor } from './safetensors'

/** One row of the label table; background comes first. */
export interface ExportedClass {
  name: string
  /** #rrggbb */
  color: string
  /** The value in the exemplar mask's file, as found: "0", "255", "#ff0000". */
  value: string
}

/** All that an export is made of. */
export interface FinishedRun {
  /** Version of the app. */
  version: string
  config: Config
  /** At most 256; the index is the class. */
  classes: ExportedClass[]
  /** What was done to each image before the network saw it, in words. */
  preprocessing: string
  backend: string
  adapter: string
  /** Steps taken. */
  step: number
  /** Facts about the data, as JSON: names, counts, sizes. */
  data: Record<string, unknown>
  /** By PyTorch's names and in its layout (OIHW); with BatchNorm, running statistics too. */
  modelA: Record<string, StoredTensor>
  modelB: Record<string, StoredTensor>
  /** What both models make of one image. */
  testVector: {
    /** [1, 1, S, S], values 0..1 */
    input: StoredTensor
    /** [1, C, S, S] */
    softmaxA: StoredTensor
    softmaxB: StoredTensor
  }
  rows: StepMetrics[]
  scores: ScoreRow[]
  /** Predictions in the size of their source; `name` is the source's file name. */
  masks: { name: string; map: LabelMap }[]
}

/** Files by path, with forward slashes. */
export type Files = Record<string, Uint8Array<ArrayBuffer>>

const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content)
const json = (content: unknown): Uint8Array<ArrayBuffer> => text(JSON.stringify(content, null, 2) + '\n')

/** The files of one kind of export, README.txt included. Equal runs give equal bytes. */
export function exportFiles(run: FinishedRun, kind: 'weights' | 'masks' | 'run'): Files {
  const files: Files = {
    ...(kind !== 'masks' && weightFiles(run)),
    ...(kind !== 'weights' && maskFiles(run)),
    ...(kind === 'run' && { 'metrics.csv': text(writeMetricsCsv(run.rows, run.scores)) }),
  }
  return { ...files, 'README.txt': text(readme(run, files)) }
}

/** One zip of all files; the same bytes whenever and wherever it is made. */
export function zip(files: Files): Uint8Array<ArrayBuffer> {
  // Zip dates are local time without a zone: a local date is the same bytes everywhere. 1980 is the earliest they can say.
  return zipSync(files, { mtime: new Date(1980, 0, 1), level: 6 })
}

function weightFiles(run: FinishedRun): Files {
  const { version, config, step, testVector } = run
  const about = (content: string) => ({ format: 'pt', content, producer: `Exemplar Lab ${version}`, step: String(step) })
  return {
    'model-a.safetensors': writeSafetensors(run.modelA, about('model A')),
    'model-b.safetensors': writeSafetensors(run.modelB, about('model B')),
    'config.json': json({
      format: 'exemplar-lab-run',
      version,
      config,
      classes: labelTable(run),
      preprocessing: run.preprocessing,
      seed: config.seed,
      backend: run.backend,
      adapter: run.adapter,
      step,
      data: run.data,
    }),
    'load.py': text(loadPy),
    'test-vector.safetensors': writeSafetensors(
      { input: testVector.input, softmax_a: testVector.softmaxA, softmax_b: testVector.softmaxB },
      about('test vector'),
    ),
  }
}

function maskFiles(run: FinishedRun): Files {
  const colors = run.classes.map(({ color }) => color)
  const names = maskNames(run.masks.map(({ name }) => name))
  const pictures = run.masks.map(({ map }, i) => [`masks/${names[i]!}.png`, writePalettePng(map, colors)] as const)
  return { ...Object.fromEntries(pictures), 'labels.json': json({ classes: labelTable(run) }) }
}

const labelTable = ({ classes }: FinishedRun) => classes.map(({ name, color, value }, index) => ({ index, name, color, value }))

/**
 * A name for the mask of each image: its base name, without what file systems refuse. Of images with one base name the first keeps it
 * and the others get "-2", "-3", ...; capitals do not tell names apart, because on Windows and macOS they do not.
 */
export function maskNames(images: readonly string[]): string[] {
  const bases = images.map((name) => {
    const base = baseName(name).replace(/[<>:"|?*\p{Cc}]/gu, '_')
    return /^[. ]*$/.test(base) ? 'image' : base
  })
  const taken = new Set(bases.map((base) => base.toLowerCase()))
  const seen = new Set<string>()
  return bases.map((base) => {
    if (!seen.has(base.toLowerCase())) {
      seen.add(base.toLowerCase())
      return base
    }
    let n = 2
    while (taken.has(`${base}-${n}`.toLowerCase())) n++
    taken.add(`${base}-${n}`.toLowerCase())
    return `${base}-${n}`
  })
}

/** What each file is; only those that are there are described. */
const descriptions: [path: string, says: string][] = [
  ['masks/', "one mask for each image, with the image's base name and size: a palette PNG whose index is the class (see labels.json)"],
  ['labels.json', 'index, name, color of each class, and the value it had in your exemplar mask'],
  ['model-a.safetensors', 'the weights of network A, in the layout of PyTorch'],
  ['model-b.safetensors', 'the weights of network B; A and B taught each other, and the setting "inference" says whose prediction counts'],
  ['config.json', 'every setting of the run, its seed, the version, the label table and what was done to each image first'],
  ['load.py', 'rebuilds both networks in PyTorch (see below)'],
  ['test-vector.safetensors', 'one input and what both networks make of it, for load.py to check'],
  ['metrics.csv', 'the curves of the run, one row for each step; "fit" is the score on the exemplar itself, which is not accuracy'],
]

function readme({ version, step, config, backend }: FinishedRun, files: Files): string {
  const paths = Object.keys(files)
  const there = descriptions.filter(([path]) => paths.some((p) => p.startsWith(path)))
  const widest = Math.max(...there.map(([path]) => path.length))
  const usage = paths.includes('load.py')
    ? `
To use the networks
  Unpack the zip, install Python with PyTorch and NumPy ("pip install torch numpy"), and check the files with

    python3 load.py

  It prints how far both networks are from the stored test vector, and fails if that is more than 0.0001. In your own program:

    from load import load, predict
    net_a, net_b, config = load('.')
    labels, probabilities = predict(image, net_a, net_b, config)   # image: a NumPy array [height, width]
`
    : ''
  return `Exemplar Lab ${version}: ${step} of ${config.steps} steps, seed ${config.seed}, ${backend}

This is research software, not a medical device. Its output is not checked by anyone: do not use it for diagnosis or treatment.

Files
${there.map(([path, says]) => `  ${path.padEnd(widest)}  ${says}\n`).join('')}${usage}`
}
