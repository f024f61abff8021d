import { readMask } from '../data/mask-file'
import { makePhantoms, type Phantom, type PhantomKind, type PhantomSlice } from '../data/phantom'
import { makeVolume } from '../data/volume'
import { classesFrom, counted, exemplarsFrom } from './annotations'
import { emptyDataset, makeSources, picturesOf, type Dataset, type Source } from './dataset'
import type { SampleName } from './events'
import { withReferences } from './pairs'

const samples: Record<SampleName, { kind: PhantomKind; patients: number; slicesPerPatient: number; size: number }> = {
  'Cardiac phantom': { kind: 'cardiac', patients: 16, slicesPerPatient: 3, size: 128 },
  'Abdominal phantom': { kind: 'abdominal', patients: 16, slicesPerPatient: 3, size: 128 },
}

/** A phantom with its ground truth: the middle slice of the first patient is the exemplar, all others are unlabelled and scored. */
export function sampleDataset(sample: SampleName): Dataset {
  const { kind, ...options } = samples[sample]
  const { classes, slices } = makePhantoms(kind, { seed: 1, ...options })
  const middle = Math.floor(options.slicesPerPatient / 2)
  return {
    ...phantomDataset(
      classes,
      slices[middle]!,
      slices.filter((_, i) => i !== middle),
    ),
    sample,
  }
}

/** Slices of a phantom with their truth: one is the exemplar, the others are unlabelled, with a reference each. */
export function phantomDataset(classes: Phantom['classes'], exemplar: PhantomSlice, others: readonly PhantomSlice[]): Dataset {
  const volumeOf = ({ name, patient, image: { width, height, pixels } }: PhantomSlice) =>
    makeVolume({ name, kind: 'png', patient, size: [width, height, 1, 1], samples: pixels })
  const maskOf = ({ name, labels: { width, height, labels } }: PhantomSlice) =>
    makeVolume({ name, kind: 'png', size: [width, height, 1, 1], samples: labels })
  const [source, ...sources] = makeSources([exemplar, ...others].map(volumeOf)) as [Source, ...Source[]]
  const exemplarMask = readMask(maskOf(exemplar))
  const dataset = {
    ...emptyDataset,
    given: { exemplar: source, mask: exemplarMask.given, why: '', pile: sources },
    exemplarSource: source,
    exemplarMask,
    exemplars: exemplarsFrom(source, exemplarMask),
    classes: classesFrom(exemplarMask, new Map()).map((info, index) => ({ ...info, ...classes[index] })),
    sources,
    unlabeled: sources.flatMap(picturesOf),
    masks: others.map(maskOf),
  }
  return withReferences(counted(dataset)).dataset
}
