import { zipSync } from 'fflate'
import { caseNameOf } from '../data/file-roles'
import type { Volume } from '../data/volume'
import { restOf } from '../lib/mark'
import type { FinishedRun, Networks, RunFacts, SourceOfFile } from './finished-run'
import { loadPy } from './load-py'
import { writeMetricsCsv, writeMetricsJsonl, writeScoresCsv } from './metrics-csv'
import { classParts, cleaned, sourceBase, writeLabels, writeMaps, type LabelOptions, type WrittenFile } from './label-file'
import { writeOnnx } from './onnx'
import { writeSeenMasks } from './predictions-file'
import { onnxReadme } from './onnx-readme'
import { writeReport } from './report-html'
import { writeSafetensors } from '../lib/safetensors'

/** Files by path, with forward slashes. */
export type Files = Record<string, Uint8Array<ArrayBuffer>>

/** Where an export has the masks as the networks see them. */
export const seenName = 'predictions.safetensors.gz'

const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content)
/** JSON as it is written everywhere. */
export const json = (content: unknown): Uint8Array<ArrayBuffer> => text(JSON.stringify(content, null, 2) + '\n')

/** Called while files are made, with the number done. */
export type Tell = (done: number, of: number) => Promise<void>

/**
 * The files of one kind of export, including README.txt. Equal runs give equal bytes.
 * @param continuation what an exported run continues from, `config.json` among it
 */
export async function exportFiles(
  run: FinishedRun,
  kind: 'weights' | 'masks' | 'maps' | 'run',
  options: LabelOptions,
  continuation: Files = {},
  tell: Tell = () => Promise.resolve(),
): Promise<Files> {
  const patientOf = (picture: string) => run.patients[picture] ?? picture
  const masks = kind === 'masks' || kind === 'run' ? await maskFiles(run, options, tell) : null
  const files: Files = {
    ...(run.networks && weightFiles(run, run.networks)),
    ...masks?.files,
    ...(kind === 'maps' && (await mapFiles(run, tell)).files),
    ...(kind === 'run' && {
      'metrics.csv': text(writeMetricsCsv(run.rows, run.scores)),
      'metrics.jsonl': text(writeMetricsJsonl(run.rows, run.scores, patientOf)),
      'scores.csv': text(
        writeScoresCsv(
          run.scores,
          patientOf,
          run.classes.map(({ name }) => name),
        ),
      ),
      ...seenFile(run),
      'report.html': text(writeReport(run, masks?.sources, options.made)),
    }),
    ...continuation,
  }
  return { ...files, 'README.txt': text(readme(run, files)) }
}

/** The masks as the networks see them, for a comparison of runs. */
function seenFile({ images }: FinishedRun): Files {
  const labels = new Map(images.flatMap(({ id, labels }) => (id === undefined ? [] : [[id, labels] as const])))
  const bytes = writeSeenMasks({ size: images[0]?.size ?? 0, labels })
  return bytes ? { [seenName]: bytes } : {}
}

/** Files already compressed or hardly compressible: storing them is ten times as fast. */
const dense = /\.(png|gz|zip|nrrd|safetensors|onnx)$/

/** One zip of all files; the same bytes whenever and wherever it is made. */
export function zip(files: Files): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(files).map(([path, bytes]) => [path, [bytes, { level: dense.test(path) ? 0 : 6 }] as const])
  // Zip dates are local time without a zone: a local date is the same bytes everywhere. 1980 is the earliest they can say.
  return zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0], { mtime: new Date(1980, 0, 1) })
}

/** `config.json`, which says what a run is. */
export const configFile = (facts: RunFacts) =>
  json({
    format: 'exemplar-lab-run',
    version: facts.version,
    config: facts.config,
    classes: labelTable(facts),
    preprocessing: facts.preprocessing,
    seed: facts.config.seed,
    backend: facts.backend,
    adapter: facts.adapter,
    step: facts.step,
    state: restOf(facts.step, facts.config.steps, facts.marks),
    ...(facts.recoveries.length > 0 && { recoveries: facts.recoveries }),
    ...(facts.marks.length > 0 && { marks: facts.marks }),
    domain: facts.domain,
    data: facts.data,
  })

function weightFiles(run: FinishedRun, { modelA, modelB, testVector }: Networks): Files {
  const { version, step } = run
  const about = (content: string) => ({ format: 'pt', content, producer: `Exemplar Lab ${version}`, step: String(step) })
  return {
    'model-a.safetensors': writeSafetensors(modelA, about('model A')),
    'model-b.safetensors': writeSafetensors(modelB, about('model B')),
    'config.json': configFile(run),
    'model-a.onnx': writeOnnx([modelA], run),
    'model-b.onnx': writeOnnx([modelB], run),
    'model-pair.onnx': writeOnnx([modelA, modelB], run),
    'load.py': text(loadPy),
    'test-vector.safetensors': writeSafetensors(
      { input: testVector.input, softmax_a: testVector.softmaxA, softmax_b: testVector.softmaxB },
      about('test vector'),
    ),
  }
}

/** Files of all volumes in one folder, each under a unique base name from its source, and labels.json. */
async function filesOf<T extends { source: Volume }>(
  run: FinishedRun,
  folder: string,
  items: readonly T[],
  write: (item: T, base: string) => Promise<WrittenFile[]> | WrittenFile[],
  tell: Tell,
  about: (item: T) => Partial<SourceOfFile> = () => ({}),
): Promise<{ files: Files; sources: SourceOfFile[] }> {
  const files: Files = {}
  const sources: SourceOfFile[] = []
  const bases = maskNames(items.map(({ source }) => caseNameOf(source)))
  for (const [i, item] of items.entries()) {
    for (const { name, bytes } of await write(item, bases[i]!)) {
      files[`${folder}/${name}`] = bytes
      sources.push({ file: `${folder}/${name}`, source: item.source.name, ...about(item) })
    }
    await tell(i + 1, items.length)
  }
  files['labels.json'] = json({ classes: labelTable(run), files: sources })
  return { files, sources }
}

function maskFiles(run: FinishedRun, options: LabelOptions, tell: Tell) {
  const write = ({ source, labels, frames }: FinishedRun['masks'][number], base: string) =>
    writeLabels(source, labels, run.classes, { ...options, base, frames })
  const about = ({ images, drawn, further }: FinishedRun['masks'][number]): Partial<SourceOfFile> => ({
    ...(drawn > 0 && { drawn: drawn === images ? 'all' : `${drawn} of ${images}` }),
    ...(further && { further: true }),
  })
  return filesOf(run, 'masks', run.masks, write, tell, about)
}

function mapFiles(run: FinishedRun, tell: Tell) {
  const parts = classParts(run.classes.slice(1).map(({ name }) => name))
  const write = ({ source, disagreement, probabilities }: FinishedRun['maps'][number], base: string) => [
    ...writeMaps(source, disagreement, 'disagreement', undefined, base),
    ...probabilities.flatMap((map, c) => writeMaps(source, map, 'probability', parts[c], base)),
  ]
  return filesOf(run, 'maps', run.maps, write, tell)
}

const labelTable = ({ classes }: RunFacts) => classes.map(({ name, color, value }, index) => ({ index, name, color, value }))

/**
 * A base name for each image's files: its own, without what file systems refuse. Images that share a base name keep as many folders as tell
 * them apart, "P1/image" and "P2/image"; if all of them are not enough, the first keeps its name and the others get "-2", "-3", ...; capitals do
 * not tell names apart, because on Windows and macOS they do not.
 */
export function maskNames(images: readonly string[]): string[] {
  const paths = images.map((name) => {
    const folders = name.split(/[/\\]/).slice(0, -1)
    return [...folders.map(cleaned).filter((folder) => folder !== ''), sourceBase(name)]
  })
  const ending = (path: string[], depth: number) => path.slice(-depth).join('/')
  const key = (path: string[], depth: number) => ending(path, depth).toLowerCase()
  const groups = new Map<string, string[][]>()
  for (const path of paths) groups.set(key(path, 1), [...(groups.get(key(path, 1)) ?? []), path])
  const depths = new Map([...groups].map(([base, group]) => [base, depthOf(group)]))
  /** The least number of parts that tells a group's paths apart, or 1 if none does. */
  function depthOf(group: string[][]): number {
    const most = Math.max(...group.map((path) => path.length))
    for (let depth = 1; depth <= most; depth++) if (new Set(group.map((path) => key(path, depth))).size === group.length) return depth
    return most
  }
  const bases = paths.map((path) => ending(path, depths.get(key(path, 1))!))
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

/** A description of each file; only those present are listed. */
const descriptions: [path: string, says: string][] = [
  [
    'masks/',
    'one file for each of yours, with its base name (and its folders, if names repeat) and geometry, in its own format: a palette PNG whose index is the class, a NIfTI label volume, a DICOM SEG or a seg.nrrd; what you drew replaces the prediction',
  ],
  [
    'maps/',
    'for each file the probability of every class and how far A and B differ, 0 to 1: float NIfTI, or 16-bit PNG of 65535 times that',
  ],
  ['labels.json', 'index, name, color of each class, and its value in your exemplar mask; and which of your files each file belongs to'],
  ['report.html', 'the run on one page: settings, curves, pictures, numbers for each image; needs no network'],
  ['model-a.safetensors', 'the weights of network A, in the layout of PyTorch'],
  ['model-b.safetensors', 'the weights of network B; A and B taught each other, and the setting "inference" says whose prediction counts'],
  ['model-a.onnx', 'network A for onnxruntime and other programs'],
  ['model-b.onnx', 'network B, the same way'],
  ['model-pair.onnx', 'both networks, the mean of their probabilities'],
  [
    'config.json',
    'every setting of the run, what happened to it, where it went back by itself and the learning rate from there on, its seed, the version, the label table and how each image was preprocessed',
  ],
  ['load.py', 'rebuilds both networks in PyTorch (see below)'],
  ['test-vector.safetensors', 'one input and the output of both networks for it, for load.py to check'],
  [
    'choices.json',
    'what you chose besides the settings: which images, by their content, and how they are cut, labels, exemplars, pairs; the run is continued with it',
  ],
  [
    'exemplars.safetensors.gz',
    'what is annotated, drawings among it: each exemplar as class per pixel, 255 for unknown, and the mask that it came from',
  ],
  [seenName, 'each mask as the networks see it, by a hash of its image: what the page compares with other runs'],
  ['metrics.csv', 'the curves of the run, one row for each step; "fit" is the score on the exemplar itself, which is not accuracy'],
  ['metrics.jsonl', 'the same as JSON Lines, an object for each step'],
  ['scores.csv', 'Dice and HD95 of each class of each patient, after each score'],
  [
    'timeline.zip',
    'pictures and label maps of a few images at many steps, and those images as the networks see them: the page replays the run by them, without its images',
  ],
  ['checkpoint.safetensors', 'the whole state of the run: drop the zip onto the page, with the same images, to continue from here'],
]

/** The files and folders of every export, at its top. */
export const runPaths = [...descriptions.map(([path]) => path.replace('/', '')), 'README.txt']

function readme({ version, step, config, backend, marks }: FinishedRun, files: Files): string {
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

  A whole NIfTI volume, which the networks need not have learnt from, it segments with

    python3 load.py . scan.nii.gz labels.nii.gz
`
    : ''
  const state = restOf(step, config.steps, marks)
  return `Exemplar Lab ${version}: ${step} of ${config.steps} steps${state === 'stopped' ? ' (stopped there)' : ''}, seed ${config.seed}, ${backend}

This is research software, not a medical device. Its output is not checked by anyone: do not use it for diagnosis or treatment.

Files
${there.map(([path, says]) => `  ${path.padEnd(widest)}  ${says}\n`).join('')}${usage}${paths.includes('model-pair.onnx') ? onnxReadme : ''}`
}
