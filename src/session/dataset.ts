import { baseName, patientOf } from '../data/file-roles'
import type { Mask } from '../data/mask-file'
import { extentOf, planeOf, sliceOf, usualAxis, type Plane } from '../data/slices'
import type { Volume } from '../data/volume'
import type { Extent } from '../image/frame'
import type { LabelMap, Raster } from '../image/raster'
import type { ClassInfo, SampleName } from './events'

export { hueOf } from '../image/palette'

/** A volume of the user's, and which of its slices are images. */
export interface Source {
  /** Stays the same as long as the volume is there. */
  id: number
  volume: Volume
  /** Slices follow each other along it: 0 columns, 1 rows, 2 slices as stored. */
  axis: 0 | 1 | 2
  /** The one time point or echo that is used, or null for all. */
  frame: number | null
  /** Every n-th slice is used. */
  every: number
}

/** One image: a slice of a volume. */
export interface Picture extends Extent {
  name: string
  patient: string
  source: Source
  plane: Plane
  slice: number
  frame: number
}

/** An annotated image, or one that is still to be annotated. */
export interface Exemplar {
  picture: Picture
  /** What the user drew: classes of the data set, or unknown. */
  drawn: LabelMap | null
  /** From the mask file: numbers of `mask.values`. */
  given: LabelMap | null
}

/** Where a value of the mask file goes instead of being a class of its own: another value, or nowhere. */
export type Target = { value: string } | 'background' | 'unknown'

/** All that a run learns from and is scored on. Never changed in place. */
export interface Dataset {
  sample: SampleName | null
  /** The volume that came as exemplar image. */
  exemplarSource: Source | null
  exemplarMask: Mask | null
  exemplars: Exemplar[]
  /** Values of the mask file that are no class of their own. */
  mapping: ReadonlyMap<string, Target>
  /** Background first; empty without an annotation. `pixels` counts those of all exemplars. */
  classes: ClassInfo[]
  /** Where the unlabelled images come from. */
  sources: Source[]
  /** The slices of `sources` that are used. */
  unlabeled: Picture[]
  /** Whether or not their image is there yet. */
  references: Mask[]
}

export const emptyDataset: Dataset = {
  sample: null,
  exemplarSource: null,
  exemplarMask: null,
  exemplars: [],
  mapping: new Map(),
  classes: [],
  sources: [],
  unlabeled: [],
  references: [],
}

const letters = ['x', 'y', 'z'] as const

/** A source with the slices that most users want; of a series of DICOM files every phase, of other time series the first frame. */
export function makeSource(volume: Volume, id: number): Source {
  return { id, volume, axis: usualAxis(volume), frame: volume.size[3] === 1 || volume.kind === 'dicom' ? null : 0, every: 1 }
}

/** The images of a source, slice by slice. A volume of one slice keeps its name; the others are numbered from 1. */
export function picturesOf(source: Source): Picture[] {
  const { volume, axis, every } = source
  const plane = planeOf(volume, axis)
  const { width, height, slices, spacing } = extentOf(volume, plane)
  const frames = volume.size[3]
  const patient = volume.patient ?? patientOf(volume.name)
  const pictures: Picture[] = []
  const pad = (n: number, of: number) => String(n + 1).padStart(String(of).length, '0')
  const folder = volume.name.slice(0, volume.name.search(/[^/\\]*$/))
  // Dots would be taken for an ending.
  const base = folder + baseName(volume.name).replaceAll('.', '-')
  for (let slice = 0; slice < slices; slice += every)
    for (let frame = source.frame ?? 0; frame < (source.frame === null ? frames : source.frame + 1); frame++) {
      const place = `_${letters[axis]}${pad(slice, slices)}${frames > 1 ? `_t${pad(frame, frames)}` : ''}`
      const name = slices * frames === 1 ? volume.name : base + place
      pictures.push({ name, patient, source, plane, slice, frame, width, height, spacing })
    }
  return pictures
}

/** The image itself, in the units of its file. */
export const rasterOf = ({ source, plane, slice, frame }: Picture): Raster => sliceOf(source.volume, plane, slice, frame)

/** Whether two volumes of one name hold the same; each pair is compared once. */
const copies = new WeakMap<Volume, WeakMap<Volume, boolean>>()

/** An image may come both as exemplar and among the others. Names alone do not tell: files of two patients are often named alike. */
function isCopy(a: Volume, b: Volume): boolean {
  if (a === b) return true
  if (a.name !== b.name || a.size.join() !== b.size.join() || a.samples.length !== b.samples.length) return false
  let known = copies.get(a)
  if (!known) copies.set(a, (known = new WeakMap()))
  let same = known.get(b)
  if (same === undefined) {
    const { samples } = b
    // NaN is itself here.
    same = a.samples.every((v: number, i: number) => Object.is(v, samples[i]) || v === samples[i])
    known.set(b, same)
  }
  return same
}

export const samePicture = (a: Picture, b: Picture): boolean =>
  a.plane.axis === b.plane.axis && a.slice === b.slice && a.frame === b.frame && isCopy(a.source.volume, b.source.volume)
