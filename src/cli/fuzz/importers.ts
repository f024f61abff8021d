/** Readers of files, with all that follows a drop: what is understood, paired, summarised and prepared. */
import fc from 'fast-check'
import type { FileRole } from '../../data/file-roles'
import { fromBytes } from '../../data/given-file'
import { InputError } from '../../data/input-error'
import type { Volume } from '../../data/volume'
import { makeConfig } from '../../method/config'
import { emptyDataset } from '../../session/dataset'
import { readGiven } from '../../session/given-files'
import { withVolumes } from '../../session/given-volumes'
import { numbersOf, summarise } from '../../session/summary'
import { missingOf, prepare } from '../../session/training-data'
import { edit, edited, type Edit } from './mutation'
import { samplesByKind, type Kind, type Sample } from './samples'
import { expectSentence, Fault, type Target } from './target'

interface DamagedFile {
  sample: number
  edits: Edit[]
  role: FileRole | null
  /** Whether the whole file is given with it, as its image or its mask. */
  beside: boolean
}

const config = makeConfig({ size: 16, baseWidth: 4 })

/** @throws Fault for a volume that contradicts itself */
function expectWhole(volume: Volume): void {
  const { size, samples, channels, spacing, affine, slope, intercept, name } = volume
  const count = size.reduce((a, b) => a * b, channels)
  const finite = (values: readonly number[]) => values.every(Number.isFinite)
  if (!size.every((n) => Number.isInteger(n) && n > 0)) throw new Fault(`${name}: a size of ${size.join(' x ')}`)
  if (samples.length !== count) throw new Fault(`${name}: ${samples.length} samples for ${size.join(' x ')} x ${channels}`)
  if (spacing && !(finite(spacing) && spacing.every((mm) => mm > 0))) throw new Fault(`${name}: a spacing of ${spacing.join(', ')}`)
  if (affine && !finite(affine.flat())) throw new Fault(`${name}: an affine of ${affine.join('; ')}`)
  if (!finite([slope, intercept])) throw new Fault(`${name}: slope ${slope}, intercept ${intercept}`)
}

/** Runs `work`; a sentence for the user is an answer too. */
async function answered(work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expectSentence(error.message)
  }
}

function importer(name: Kind, samples: readonly Sample[]): Target<DamagedFile> {
  const all = samples.map(({ bytes }) => bytes)
  const damaged = ({ sample, edits }: DamagedFile) => {
    const { name: path, bytes, pack = (own) => own } = samples[sample % samples.length]!
    return fromGiven(path, pack(edits.reduce((now, one) => edited(now, one, all), bytes)))
  }
  const fromGiven = (path: string, bytes: Uint8Array<ArrayBuffer>) => ({ name: path.replace(/^.*\//, ''), bytes })
  return {
    name,
    cases: fc.record({
      sample: fc.nat(samples.length - 1),
      edits: fc.array(edit, { minLength: 1, maxLength: 6 }),
      role: fc.constantFrom(null, null, 'exemplar-image', 'exemplar-mask', 'unlabeled', 'reference', 'further'),
      beside: fc.boolean(),
    }),
    filesOf: (one) => [damaged(one)],
    run: async (one) => {
      const file = damaged(one)
      const { name: path, bytes, pack = (own) => own } = samples[one.sample % samples.length]!
      const files = [
        { role: one.role, file: fromBytes(file.name, file.bytes) },
        ...(one.beside ? [{ role: null, file: fromBytes(`whole/${fromGiven(path, bytes).name}`, pack(bytes)) }] : []),
      ]
      await answered(async () => {
        const { given, problems } = await readGiven(files, [], () => {})
        for (const { message } of problems) expectSentence(message)
        for (const { volume } of given) expectWhole(volume)
        const { dataset, problems: unused } = withVolumes(emptyDataset, given)
        for (const { message } of unused) expectSentence(message)
        summarise(dataset, config)
        for (const { volume } of dataset.sources) await answered(() => numbersOf(volume))
        if (missingOf(dataset).length === 0) prepare(dataset, config)
      })
    },
  }
}

/** A target for every reader. */
export const importers = async (): Promise<Target[]> =>
  Object.entries(await samplesByKind()).map(([kind, samples]) => importer(kind as Kind, samples) as Target)
