/** What is annotated: exemplars from a mask file or a drawing, their labels and classes. */
import { alignment } from '../data/alignment'
import { sizeText, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { labelsOf } from '../data/slices'
import type { Volume } from '../data/volume'
import { placesOf } from '../drawing/drawing'
import { hexOf } from '../lib/hex'
import { unknown, type LabelClass, type LabelMap } from '../image/raster'
import { hueOf } from '../image/palette'
import { hasChannels, picturesOf, type Dataset, type Exemplar, type Picture, type Source, type Target } from './dataset'
import type { ClassInfo, SliceChoice } from './events'

/** One class for each value of a mask that is not mapped to something else; counts are filled in by `counted`. */
export function classesFrom({ values }: Mask, mapping: Dataset['mapping']): ClassInfo[] {
  return values
    .filter(({ value }, i) => i === 0 || !mapping.has(value))
    .map(({ value, color, name }, index) => ({
      index,
      name: name ?? (index === 0 ? 'background' : `class ${index}`),
      color: index === 0 ? '#000000' : color ? `#${hexOf(color)}` : hueOf(index),
      value,
      pixels: 0,
    }))
}

/** The class of every value that the exemplar's mask has, mapped ones included. */
export function tableOf({ classes, mapping }: Dataset): Map<string, number> {
  const table = new Map(classes.map(({ value, index }) => [value, index]))
  for (const [value, target] of mapping)
    table.set(value, target === 'background' ? 0 : target === 'unknown' ? unknown : (table.get(target.value) ?? 0))
  return table
}

/** Whether a mask fits an image in place and has no more frames: extra frames would be classes, or time points that the image lacks. */
export const liesOn = (mask: Volume, image: Volume): boolean =>
  alignment(mask, image) !== null && (mask.size[3] === 1 || (image.size[3] > 1 && !hasChannels(image)))

/** The frame of an image on which a mask's first one lies. An image of one frame may be that frame, cut out; channels share a mask. */
const firstFrameOn = (mask: Volume, image: Volume): number => (image.size[3] === 1 || hasChannels(image) ? 0 : mask.firstFrame)

/** @throws InputError for a mask of a frame that its image lacks */
export function checkFrame(mask: Volume, image: Volume): void {
  const frame = firstFrameOn(mask, image)
  if (frame >= image.size[3])
    throw new InputError(
      `The mask "${mask.name}" is of frame ${frame + 1}, but its image "${image.name}" has ${image.size[3]} frames; give a mask of one of these.`,
      mask.name,
    )
}

/**
 * A mask's labels on the voxels of an image; unknown in the frames that it does not annotate: those beyond its own and, if it has several, those without
 * any label, since often only two phases of a beating heart are annotated.
 * @throws InputError when they do not fit
 */
export function labelsOn(mask: Mask, image: Volume): Uint8Array {
  const { volume, labels } = mask
  const place = alignment(volume, image)
  if (!place || !liesOn(volume, image))
    throw new InputError(
      `The mask "${volume.name}" is ${sizeText(volume)} pixels, but its image "${image.name}" is ${sizeText(image)}${image.turned > 1 ? ', turned upright as its EXIF says' : ''}; give a mask of the same size and place.`,
      volume.name,
    )
  checkFrame(volume, image)
  const [columns, rows, slices] = image.size
  const each = columns * rows * slices
  const out = new Uint8Array(each * image.size[3])
  const first = firstFrameOn(volume, image)
  const told = framesOf(mask, image)
  for (let t = 0; t < image.size[3]; t++) if (!told.has(t)) out.fill(unknown, t * each, (t + 1) * each)
  for (let t = first, at = 0; t < Math.min(first + volume.size[3], image.size[3]); t++)
    for (let k = 0; k < volume.size[2]; k++)
      for (let j = 0; j < volume.size[1]; j++)
        for (let i = 0; i < volume.size[0]; i++, at++) {
          if (labels[at] === 0) continue
          const [x, y, z] = place(i, j, k)
          if (x >= 0 && y >= 0 && z >= 0 && x < columns && y < rows && z < slices)
            out[x + columns * (y + rows * z) + each * t] = labels[at]!
        }
  if (isOfAllChannels(mask, image)) for (let t = 1; t < image.size[3]; t++) out.copyWithin(each * t, 0, each)
  return out
}

/** Whether a mask has one frame and so applies to every channel of its image. */
const isOfAllChannels = ({ volume }: Mask, image: Volume) => hasChannels(image) && volume.size[3] === 1

/**
 * Every image of a volume on which its mask marks something, used or not; for a single-slice volume, that slice; for several channels, the images
 * of the channel in use.
 */
export function exemplarsFrom(source: Source, mask: Mask): Exemplar[] {
  const labels = labelsOn(mask, source.volume)
  return picturesOf({ ...source, every: 1, frame: hasChannels(source.volume) ? source.frame : null })
    .map((picture) => ({ picture, drawn: null, given: labelsOf(source.volume, labels, picture.plane, picture.slice, picture.frame) }))
    .filter(({ given }, _, { length }) => length === 1 || given.labels.some((l) => l > 0 && l !== unknown))
}

/** What an exemplar teaches: classes of the data set, or unknown; null until it is annotated. */
export function annotationOf(dataset: Dataset, { drawn, given }: Exemplar): LabelMap | null {
  if (drawn || !given || !dataset.exemplarMask) return drawn
  const table = tableOf(dataset)
  const classOf = dataset.exemplarMask.values.map(({ value }) => table.get(value)!)
  return { ...given, labels: given.labels.map((l) => classOf[l] ?? unknown) }
}

/** The data set with each class's pixels counted. */
export function counted(dataset: Dataset): Dataset {
  const counts = new Array<number>(256).fill(0)
  for (const exemplar of dataset.exemplars) for (const l of annotationOf(dataset, exemplar)?.labels ?? []) counts[l]!++
  return { ...dataset, classes: dataset.classes.map((info) => ({ ...info, pixels: counts[info.index]! })) }
}

/** Exemplars that teach something. */
export const annotated = ({ exemplars }: Dataset): Exemplar[] => exemplars.filter(({ drawn, given }) => drawn ?? given)

/** The exemplar made from a picture, or undefined. */
export const exemplarAt = ({ exemplars }: Dataset, picture: Picture): Exemplar | undefined =>
  exemplars.find((exemplar) => exemplar.picture.id === picture.id)

/**
 * Adds what the user drew on a picture, replacing any earlier annotation.
 * @param labels class indices or unknown, in the size of the picture @param classes the label list, background first
 */
export function withAnnotation(dataset: Dataset, picture: Picture, labels: LabelMap, classes: readonly LabelClass[]): Dataset {
  const others = dataset.exemplars.filter((exemplar) => exemplar.picture.id !== picture.id && (exemplar.drawn ?? exemplar.given))
  const exemplar: Exemplar = { picture, drawn: labels, given: null }
  const taken = new Set(dataset.classes.map(({ value }) => value))
  const places = placesOf(classes, dataset.classes)
  // Labels that others use stay, even if a saved drawing brings an older list.
  const list = others.length > 0 ? [...classes, ...dataset.classes.slice(classes.length)] : classes
  const table = list.map(({ name, color }, index): ClassInfo => {
    const before = dataset.classes[others.length > 0 ? index : (places[index] ?? -1)]
    let value = index
    while (!before && taken.has(String(value))) value++
    taken.add(before?.value ?? String(value))
    return { index, name, color, value: before?.value ?? String(value), pixels: 0 }
  })
  return counted({ ...dataset, exemplars: [...others, exemplar], classes: table })
}

/** The data set without an annotation. A mask file with nothing left in use is removed too: it must not come back with other slices. */
export function withoutExemplar(dataset: Dataset, index: number): Dataset {
  const exemplars = dataset.exemplars.filter((_, i) => i !== index)
  const classes = exemplars.some(({ drawn, given }) => drawn ?? given) ? dataset.classes : []
  if (exemplars.some(({ given }) => given)) return counted({ ...dataset, exemplars, classes })
  const { exemplarSource, exemplarMask, chosen } = dataset
  return counted({
    ...dataset,
    ...{ exemplarMask: null, mapping: new Map<string, Target>(), exemplars, classes },
    chosen: exemplarSource && exemplarMask ? new Map(chosen).set(exemplarSource.id, null) : chosen,
  })
}

/**
 * The data set with a value of the exemplar's mask counted as something else; null makes it a class of its own again.
 * @throws InputError when no class would be left, or when drawings use the classes as they are
 */
export function withMapping(dataset: Dataset, value: string, target: Target | null): Dataset {
  const { exemplarMask, exemplars } = dataset
  if (!exemplarMask) return dataset
  if (exemplars.some(({ drawn }) => drawn))
    throw new InputError(
      'Labels can be mapped before anything is drawn with them: remove the drawn exemplars first.',
      exemplarMask.volume.name,
    )
  const mapping = new Map(dataset.mapping)
  if (target === null) mapping.delete(value)
  else mapping.set(value, target)
  // A value that others are mapped to must stay a class.
  for (const [other, to] of mapping) if (typeof to === 'object' && mapping.has(to.value)) mapping.delete(other)
  const known = new Map(dataset.classes.map((info) => [info.value, info]))
  const classes = classesFrom(exemplarMask, mapping).map((info) => {
    const before = known.get(info.value)
    return before ? { ...info, name: before.name, color: before.color } : info
  })
  const next = counted({ ...dataset, mapping, classes })
  if (!next.classes.some(({ index, pixels }) => index > 0 && pixels > 0))
    throw new InputError('At least one label has to stay a class, or there is nothing to learn.', exemplarMask.volume.name)
  return next
}

/**
 * Chooses which slices of a source are used. A channel is chosen for all images with the same number of channels.
 * @throws InputError when something was drawn on the current slices
 */
export function withSlices(dataset: Dataset, id: string, changes: SliceChoice): Dataset {
  const before = [...dataset.sources, ...(dataset.exemplarSource ? [dataset.exemplarSource] : [])].find((source) => source.id === id)
  if (!before) return dataset
  const { axis, frame, every } = { axis: before.axis, frame: before.frame, every: before.every, ...changes }
  // Fewer slices may lie along another axis.
  const choice = { axis, frame, every: Math.min(every, before.volume.size[axis]) }
  const channelChanges = hasChannels(before.volume) && before.frame !== choice.frame
  const change = (source: Source): Source => {
    if (source.id === id) return { ...source, ...choice }
    const alike = channelChanges && hasChannels(source.volume) && source.volume.size[3] === before.volume.size[3]
    return alike ? { ...source, frame: choice.frame } : source
  }
  const { given } = dataset
  const axisChanges = before.axis !== choice.axis
  if (axisChanges && dataset.exemplars.some(({ drawn, picture }) => drawn && picture.source.id === id))
    throw new InputError(
      `You drew on slices of "${before.volume.name}" cut along another axis: remove those exemplars first.`,
      before.volume.name,
    )
  const sources = dataset.sources.map(change)
  const exemplarSource = dataset.exemplarSource && change(dataset.exemplarSource)
  const next = {
    ...dataset,
    given: { ...given, exemplar: given.exemplar && change(given.exemplar), pile: given.pile.map(change) },
    ...{ sources, exemplarSource, unlabeled: sources.flatMap(picturesOf) },
  }
  // Every slice that the mask marks, used or not, so these change only with the axis; some may have been removed since.
  const recut = axisChanges && exemplarSource?.id === id && dataset.exemplarMask
  if (!recut && !channelChanges) return next
  const drawn = dataset.exemplars.filter((exemplar) => exemplar.drawn)
  const exemplars = recut ? [...exemplarsFrom(exemplarSource, recut), ...drawn] : dataset.exemplars
  // A mark on one channel applies to the others.
  const onChannel = (exemplar: Exemplar): Exemplar => {
    const { source, slice } = exemplar.picture
    if (!channelChanges || !hasChannels(source.volume)) return exemplar
    return { ...exemplar, picture: picturesOf({ ...change(source), every: 1 }).find((other) => other.slice === slice)! }
  }
  return counted({ ...next, exemplars: exemplars.map(onChannel) })
}

/** The frames of an image that its mask annotates; see `labelsOn`. */
export function framesOf(mask: Mask, image: Volume): Set<number> {
  if (isOfAllChannels(mask, image)) return new Set(Array.from({ length: image.size[3] }, (_, t) => t))
  const { volume, labels } = mask
  const { size } = volume
  const each = size[0] * size[1] * size[2]
  const frames = Array.from({ length: size[3] }, (_, t) => t)
  const told = frames.filter((t) => size[3] === 1 || labels.subarray(t * each, (t + 1) * each).some((l) => l > 0))
  return new Set(told.map((t) => firstFrameOn(volume, image) + t))
}
