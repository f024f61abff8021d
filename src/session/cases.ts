/**
 * What a data set tells of people, and what it is called in files that leave the page: patients become case-001, case-002, ... in the order of their
 * images, always the same for the same files.
 */
import { fileOf, type Volume } from '../data/volume'
import { segFields } from '../data/dicom-identifiers'
import type { Mask } from '../data/mask-file'
import { whyPersonal } from '../data/personal-name'
import { endings } from '../export/label-file'
import { hasChannels, maskId, picturesOf, type Dataset, type Picture, type Source } from './dataset'
import type { CaseName, ExportOptions, IdentifierInfo, PersonalNames } from './events'
import { imagesOf, masksOf } from './pairs'
import { scoredWith } from './training-data'

type Naming = Pick<ExportOptions, 'keepIdentifiers' | 'rename'>

interface NewName {
  name: string
  patient: string
}

const patientOf = (source: Source): string => picturesOf({ ...source, every: 1 })[0]!.patient

const counted = (word: string, n: number, of: number, digits: number) =>
  word + String(n + 1).padStart(Math.max(digits, String(of).length), '0')

/** Ending of a file that is read, as it is written in lower case. */
const endingOf = (volume: Volume) => endings.exec(fileOf(volume))?.[0].toLowerCase() ?? ''

/** All images of which something is written. */
const writtenOf = (dataset: Dataset): Source[] => [...imagesOf(dataset), ...dataset.further]

/** New names of all images: "case-001.png" for a patient's only one, else "case-001_01.png", "case-001_02.png", ... */
function imageNames(dataset: Dataset): Map<Source, NewName> {
  const byPatient = new Map<string, Source[]>()
  for (const source of writtenOf(dataset)) byPatient.set(patientOf(source), [...(byPatient.get(patientOf(source)) ?? []), source])
  const names = new Map<Source, NewName>()
  for (const [n, own] of [...byPatient.values()].entries()) {
    const patient = counted('case-', n, byPatient.size, 3)
    own.forEach((source, i) => {
      const base = own.length === 1 ? patient : counted(`${patient}_`, i, own.length, 2)
      names.set(source, { name: base + endingOf(source.volume), patient })
    })
  }
  return names
}

/** Which new name is of which file, of images only. */
export const caseNames = (dataset: Dataset): CaseName[] =>
  [...imageNames(dataset)].map(([{ volume }, { name }]) => ({ name, file: volume.name }))

/**
 * The data set as it is written: without what identifies a patient in DICOM files, and if asked for without the names of files. Pictures keep their ids and
 * order. References, which are only learnt from by their scores, are not in it.
 */
export function asWritten(dataset: Dataset, { keepIdentifiers, rename }: Naming): Dataset {
  if ((dataset.sample && dataset.further.length === 0) || (keepIdentifiers && !rename)) return dataset
  const names = imageNames(dataset)
  const volumes = new Map<Volume, Volume>()
  const called = (volume: Volume, { name, patient }: NewName): Volume => {
    const mine = !rename
      ? { ...volume, patient: volume.kind === 'dicom' ? patient : volume.patient }
      : // Notes and the names of parts are about files.
        { ...volume, name, array: null, patient, notes: [], merged: volume.merged && { ...volume.merged, from: [] } }
    volumes.set(volume, mine)
    return mine
  }
  // An image that was given twice, as the exemplar and in the pile, is one: equal ids.
  const byId = new Map([...names].map(([source, own]) => [source.id, own]))
  for (const [source, own] of names) called(source.volume, own)
  nameMasks(dataset, names, called)
  /** For what is no longer among the images: it must not bear its name. */
  const otherOf = (volume: Volume): NewName => ({ name: `other${endingOf(volume)}`, patient: 'other' })
  const volumeOf = <T extends Volume | null>(volume: T): T => (volume && (volumes.get(volume) ?? called(volume, otherOf(volume)))) as T
  // Pictures of one source have one source afterwards as well.
  const sources = new Map<Source, Source>()
  const sourceOf = <T extends Source | null>(source: T): T => {
    if (!source) return source
    if (!volumes.has(source.volume)) called(source.volume, byId.get(source.id) ?? otherOf(source.volume))
    const known = sources.get(source) ?? { ...source, volume: volumeOf(source.volume) }
    sources.set(source, known)
    return known as T
  }
  const pictures = new Map<Source, Map<string, Picture>>()
  const pictureOf = ({ id, source }: Picture): Picture => {
    let own = pictures.get(source)
    if (!own) {
      const all = { ...sourceOf(source), every: 1, frame: hasChannels(source.volume) ? source.frame : null }
      pictures.set(source, (own = new Map(picturesOf(all).map((picture) => [picture.id, { ...picture, source: sourceOf(source) }]))))
    }
    return own.get(id)!
  }
  const maskOf = (mask: Mask | null): Mask | null =>
    mask && { ...mask, given: volumeOf(mask.given), volume: volumeOf(mask.volume), notes: rename ? [] : mask.notes }
  const ids = new Map([...masksOf(dataset)].map(([id, mask]) => [id, maskId(volumeOf(mask))]))
  const { given } = dataset
  return {
    ...dataset,
    given: {
      exemplar: sourceOf(given.exemplar),
      mask: volumeOf(given.mask),
      why: rename ? '' : given.why,
      pile: given.pile.map(sourceOf),
    },
    exemplarSource: sourceOf(dataset.exemplarSource),
    exemplarMask: maskOf(dataset.exemplarMask),
    exemplars: dataset.exemplars.map((exemplar) => ({ ...exemplar, picture: pictureOf(exemplar.picture) })),
    sources: dataset.sources.map(sourceOf),
    unlabeled: dataset.unlabeled.map(pictureOf),
    further: dataset.further.map(sourceOf),
    masks: dataset.masks.map(volumeOf),
    partners: new Map(),
    refused: new Map(),
    chosen: new Map([...dataset.chosen].map(([image, mask]) => [image, mask && (ids.get(mask) ?? mask)])),
    // What they say, they say with names.
    earlier: rename ? [] : dataset.earlier,
  }
}

/** Calls a mask after its image, and one that is of none by its number. */
function nameMasks(dataset: Dataset, names: ReadonlyMap<Source, NewName>, called: (volume: Volume, own: NewName) => Volume): void {
  const { exemplarSource, exemplarMask, partners, given } = dataset
  const masks = new Map<Volume, NewName>()
  const byId = new Map<string, NewName>()
  const put = (mask: Volume, image: NewName | undefined) => {
    const base = image ? image.name.replace(endings, '') : counted('unpaired_', byId.size, 0, 3)
    const own = byId.get(maskId(mask)) ?? { name: `${base}_mask${endingOf(mask)}`, patient: image?.patient ?? base }
    byId.set(maskId(mask), own)
    masks.set(mask, own)
  }
  for (const [source, own] of names) {
    const mask = partners.get(source.volume)?.mask
    for (const volume of [mask?.given, mask?.volume]) if (volume) put(volume, own)
    if (source.id === exemplarSource?.id && exemplarMask) for (const volume of [exemplarMask.given, exemplarMask.volume]) put(volume, own)
    if (source.id === given.exemplar?.id && given.mask) put(given.mask, own)
  }
  if (exemplarMask) for (const volume of [exemplarMask.given, exemplarMask.volume]) put(volume, undefined)
  for (const mask of [...masksOf(dataset).values(), ...dataset.masks]) put(mask, undefined)
  for (const [mask, own] of masks) called(mask, own)
}

/** What patients and volumes are called in scores, as they are written. */
export function scoreNames(dataset: Dataset, written: Dataset): Map<string, string> {
  return new Map(dataset.unlabeled.map((picture, i) => [scoredWith(picture), scoredWith(written.unlabeled[i]!)]))
}

const most = 3

/** Names of images and masks that look like a person's. */
export function personalNames(dataset: Dataset): PersonalNames {
  if (dataset.sample && dataset.further.length === 0) return { count: 0, examples: [] }
  const volumes = [...writtenOf(dataset).map(({ volume }) => volume), ...masksOf(dataset).values()]
  const found = volumes.flatMap((volume) => {
    const why = whyOf(volume)
    return why === null ? [] : [{ name: volume.name, why }]
  })
  return { count: found.length, examples: found.slice(0, most) }
}

/** Found once for each volume: a data set is summed up often. */
const reasons = new WeakMap<Volume, string | null>()

function whyOf(volume: Volume): string | null {
  let why = reasons.get(volume)
  if (why === undefined) reasons.set(volume, (why = ofPatient(volume) ?? whyPersonal(volume.name)))
  return why
}

/** Whether a name holds what the file itself says of its patient. */
function ofPatient({ name, identifiers }: Volume): string | null {
  const words = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  const own = new Set(words(name))
  const said = (tag: string) => words(identifiers.find((one) => one.tag === tag)?.value ?? '')
  if (said('00100010').some((word) => word.length > 2 && own.has(word))) return "has the patient's name"
  return said('00100020').some((word) => word.length > 3 && own.has(word)) ? 'has the patient ID' : null
}

/** What the DICOM files of a data set hold of people, by field, and what exports do with it. */
export function identifiersOf(dataset: Dataset): IdentifierInfo[] {
  const found = new Map<string, { name: string; values: Set<string>; named: boolean }>()
  for (const { volume } of writtenOf(dataset))
    for (const { tag, name, value } of volume.identifiers) {
      const known = found.get(tag) ?? { name, values: new Set<string>(), named: false }
      found.set(tag, known)
      known.values.add(value)
      // A series without a folder of its own is called by its description.
      if (tag === '0008103e' && volume.name.includes(value)) known.named = true
    }
  return [...found].map(([tag, { name, values, named }]) => ({
    ...{ tag, name, values: [...values].slice(0, most), more: Math.max(0, values.size - most) },
    written: segFields.get(tag) ?? (named ? 'names' : 'never'),
  }))
}
