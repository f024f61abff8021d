import { baseName, caseNameOf, patientOf } from '../data/file-roles'
import type { InputError } from '../data/input-error'
import type { Mask } from '../data/mask-file'
import { extentOf, planeOf, sliceOf, usualAxis, type Plane } from '../data/slices'
import type { Volume } from '../data/volume'
import type { Extent } from '../image/frame'
import type { LabelMap, Raster } from '../image/raster'
import { digestOf } from '../lib/digest'
import type { Domain } from './looks'
import type { ClassInfo, SampleName, Target } from './events'
import { pictureId, type PictureId } from '../image/picture-id'

export type { Target } from './events'

/** One of the user's volumes, and which of its slices are images. */
export interface Source {
  /** A digest of the volume's content, so the same at every visit; with "-2" where a volume of another name has the same content. */
  id: string
  volume: Volume
  /** Slices follow each other along it: 0 columns, 1 rows, 2 slices as stored. */
  axis: 0 | 1 | 2
  /** The one time point, echo or channel that is used, or null for all. */
  frame: number | null
  /** Every n-th slice is used. */
  every: number
}

/** One image: a slice of a volume. */
export interface Picture extends Extent {
  id: PictureId
  name: string
  patient: string
  source: Source
  plane: Plane
  slice: number
  frame: number
}

/** An image that is annotated or still to be annotated. */
export interface Exemplar {
  picture: Picture
  /** What the user drew: classes of the data set, or unknown. */
  drawn: LabelMap | null
  /** From the mask file: numbers of `mask.values`. */
  given: LabelMap | null
}

/** A mask that is used for the score of its image, and why it is of that. */
export interface Partner {
  mask: Mask
  why: string
}

/** What files say of the exemplar and the pile, whatever was chosen since. */
export interface Given {
  exemplar: Source | null
  mask: Volume | null
  /** Why they are a pair. */
  why: string
  pile: Source[]
}

/** Masks by their images, as somebody chose: ids by ids, null for no mask. */
export type ChosenMasks = ReadonlyMap<string, string | null>

/** What a choice replaced: the earlier choices of the images that it changed, undefined for none, and the labels. */
export interface Earlier extends Pick<Dataset, 'mapping' | 'classes'> {
  /** In words. */
  what: string
  chosen: [image: string, mask: string | null | undefined][]
}

/** Everything a run learns from and is scored on. Never changed in place. */
export interface Dataset {
  sample: SampleName | null
  given: Given
  /** The volume that the exemplar's mask is of. */
  exemplarSource: Source | null
  exemplarMask: Mask | null
  exemplars: Exemplar[]
  /** Values of the mask file that are not classes of their own. */
  mapping: ReadonlyMap<string, Target>
  /** Background first; empty without an annotation. `pixels` counts those of all exemplars. */
  classes: ClassInfo[]
  /** Where the unlabelled images come from. */
  sources: Source[]
  /** The slices of `sources` in use. */
  unlabeled: Picture[]
  /** Volumes that get masks but are not learnt from; none of them is among `sources`. */
  further: Source[]
  /** What networks without their images say of these; null where the images at hand are what is learnt from. */
  domain: Domain | null
  /** All masks that were given beside the exemplar's, whether or not their image has been given yet. */
  masks: Volume[]
  /** Those of use, by their images. */
  partners: ReadonlyMap<Volume, Partner>
  /** Why others cannot be used on their images. */
  refused: ReadonlyMap<Volume, InputError>
  chosen: ChosenMasks
  /** The image that somebody chose to be learnt from, by its source's id; null where files say it. */
  teacher: string | null
  /** To be restored one by one, the newest last. */
  earlier: readonly Earlier[]
  /** The modalities of cases that have several images each, and which is used; null where no case has. */
  modality: { known: string[]; used: string | null } | null
}

export const emptyDataset: Dataset = {
  sample: null,
  given: { exemplar: null, mask: null, why: '', pile: [] },
  exemplarSource: null,
  exemplarMask: null,
  exemplars: [],
  mapping: new Map(),
  classes: [],
  sources: [],
  unlabeled: [],
  further: [],
  domain: null,
  masks: [],
  partners: new Map(),
  refused: new Map(),
  chosen: new Map(),
  teacher: null,
  earlier: [],
  modality: null,
}

const letters = ['x', 'y', 'z'] as const

/** Of volumes, and of their samples alone: a volume under another name has the same ones, and they may be many. */
const digests = new WeakMap<Volume | Volume['samples'], string>()

function digestOnce(of: Volume | Volume['samples'], make: () => string): string {
  const digest = digests.get(of) ?? make()
  digests.set(of, digest)
  return digest
}

/** Digest of everything that decides the values of the volume's pictures. */
export const digestOfVolume = (volume: Volume): string =>
  digestOnce(volume, () => {
    const { size, samples, affine, channels, palette, slope, intercept, inverted } = volume
    const own = digestOnce(samples, () => digestOf(samples))
    const all = [size, samples.constructor.name, affine, channels, palette, slope, intercept, inverted, own]
    return digestOf(new TextEncoder().encode(JSON.stringify(all)))
  })

/** The id of a mask: two of one name and content are the same. */
export const maskId = (mask: Volume): string => `${digestOfVolume(mask)}/${mask.name}`

/**
 * Sources with the slices that most users want: every phase of a DICOM series, the first frame of other time series. Names alone do
 * not tell volumes apart, since two patients' files are often named alike; nor does content, since two may be blank.
 * @param known other sources: one with the same name and content is the same, and keeps its id
 */
export function makeSources(volumes: readonly Volume[], known: readonly Source[] = []): Source[] {
  const alike = new Map<string, Pick<Source, 'id' | 'volume'>[]>()
  const idOf = (volume: Volume, own?: string): string => {
    const digest = digestOfVolume(volume)
    const others = alike.get(digest) ?? []
    alike.set(digest, others)
    const same = others.find((other) => other.volume.name === volume.name)
    if (same) return same.id
    let id = own ?? digest
    for (let n = 2; others.some((other) => other.id === id); n++) id = `${digest}-${n}`
    others.push({ id, volume })
    return id
  }
  for (const { volume, id } of known) idOf(volume, id)
  return volumes.map((volume) => {
    const frame = volume.size[3] === 1 || volume.kind === 'dicom' ? null : 0
    return { id: idOf(volume), volume, axis: usualAxis(volume), frame, every: 1 }
  })
}

/** Whether the frames of a volume are channels of one picture: they share labels, and one of them is used. */
export const hasChannels = ({ frameMeans }: Volume): boolean => frameMeans === 'channel'

/** The images of a source, slice by slice. A volume of one slice keeps its name; the others are numbered from 1. */
export function picturesOf(source: Source): Picture[] {
  const { volume, axis, every } = source
  const plane = planeOf(volume, axis)
  const { width, height, slices, spacing } = extentOf(volume, plane)
  const frames = volume.size[3]
  const own = caseNameOf(volume)
  const patient = volume.patient ?? patientOf(own)
  const channels = hasChannels(volume)
  const oneFrame = frames === 1 || (channels && source.frame !== null)
  const pictures: Picture[] = []
  const pad = (n: number, of: number) => String(n + 1).padStart(String(of).length, '0')
  const folder = own.slice(0, own.search(/[^/\\]*$/))
  // A dot would look like a file extension.
  const base = folder + baseName(own).replaceAll('.', '-')
  for (let slice = 0; slice < slices; slice += every)
    for (let frame = source.frame ?? 0; frame < (source.frame === null ? frames : source.frame + 1); frame++) {
      const place = `_${letters[axis]}${pad(slice, slices)}${oneFrame ? '' : `_${channels ? 'c' : 't'}${pad(frame, frames)}`}`
      const name = slices === 1 && oneFrame ? own : base + place
      const id = pictureId(source.id, axis, slice, frame)
      pictures.push({ id, name, patient, source, plane, slice, frame, width, height, spacing })
    }
  return pictures
}

/** The image itself, in the units of its file. */
export const rasterOf = ({ source, plane, slice, frame }: Picture): Raster => sliceOf(source.volume, plane, slice, frame)

const numbered = new WeakMap<Dataset, { pictures: Picture[]; numbers: Map<PictureId, number> }>()

function numberedIn(dataset: Dataset) {
  let known = numbered.get(dataset)
  if (!known) {
    const { unlabeled, exemplars } = dataset
    const further = dataset.further.flatMap(picturesOf)
    const ids = new Set([...unlabeled, ...further].map(({ id }) => id))
    const teaching = exemplars.flatMap(({ picture, drawn, given }) => ((drawn ?? given) && !ids.has(picture.id) ? [picture] : []))
    const pictures = [...unlabeled, ...teaching, ...further]
    numbered.set(dataset, (known = { pictures, numbers: new Map(pictures.map(({ id }, i) => [id, i])) }))
  }
  return known
}

/**
 * All images that get a mask, each once: those that are learnt from, exemplars that are not among them, and those that are only segmented. Their
 * places here are their numbers.
 */
export const picturesIn = (dataset: Dataset): Picture[] => numberedIn(dataset).pictures

/** The number of a picture; -1 for one that gets no mask. */
export const numberOf = (dataset: Dataset, id: PictureId): number => numberedIn(dataset).numbers.get(id) ?? -1

/** The image of an id: one that gets a mask, or an exemplar that waits for its own; undefined if it is no longer loaded. */
export const pictureOf = (dataset: Dataset, id: PictureId): Picture | undefined =>
  picturesIn(dataset)[numberOf(dataset, id)] ?? dataset.exemplars.find(({ picture }) => picture.id === id)?.picture
