/** An image at full size with all masks that are known of it, to compare, and how much of it each covers. */
import { InputError } from '../data/input-error'
import { placeOf } from '../data/slices'
import { obliquenessOf } from '../data/volume'
import { countClasses } from '../image/masks'
import type { LabelMap } from '../image/raster'
import { annotationOf, exemplarAt } from './annotations'
import { hasChannels, numberOf, pictureOf, picturesIn, type Dataset, type Picture } from './dataset'
import type { MaskName, PictureId, ViewedPicture } from './events'
import type { Networks } from './networks'
import { openedPicture } from './opened-picture'
import { toBytes } from './preparation'
import { referenceOf } from './references'

/**
 * Every how many slices of a picture's stack is in use; 1 for a stack of exemplars alone. The picture itself does not say: one from a mask file was
 * made of every slice, and one that was drawn on when other slices were in use.
 */
function everyOf({ sources, further }: Dataset, { source: { id }, plane: { axis }, frame }: Picture): number {
  const own = [...sources, ...further].find((source) => source.id === id)
  return own?.axis === axis && (own.frame ?? frame) === frame ? own.every : 1
}

/** Millimetres from one slice in use of the picture's volume to the next; null for a single slice, and where the file does not say. */
export function thicknessOf(dataset: Dataset, picture: Picture): number | null {
  const {
    source: { volume },
    plane: { axis },
  } = picture
  return volume.spacing && volume.stepKnown && volume.size[axis] > 1 ? volume.spacing[axis] * everyOf(dataset, picture) : null
}

/** Whether a picture is a slice in use, not an exemplar between two of them, whose place in the volume these stand for. */
export const isInUse = (dataset: Dataset, picture: Picture): boolean => picture.slice % everyOf(dataset, picture) === 0

/**
 * An image with its masks in the size of its source.
 * @param networks those that have taken a step; null if none have
 * @throws InputError when it is not loaded
 */
export async function viewedPicture(dataset: Dataset, id: PictureId, networks: Networks | null): Promise<ViewedPicture> {
  const picture = pictureOf(dataset, id)
  if (!picture) throw new InputError('This image is no longer loaded; choose another.', '')
  const opened = await openedPicture(dataset, picture, () => Promise.resolve(null), networks !== null)
  const { volume } = picture.source
  const i = numberOf(dataset, id)
  const exemplar = exemplarAt(dataset, picture)
  const annotation = exemplar && annotationOf(dataset, exemplar)
  const reference = i >= 0 ? referenceOf(dataset, i) : null
  const view: ViewedPicture = {
    ...opened,
    slice: picture.slice,
    slices: volume.size[picture.plane.axis],
    frame: picture.frame,
    frames: volume.size[3],
    frameMeans: hasChannels(volume) ? 'channel' : 'time',
    thickness: thicknessOf(dataset, picture),
    oblique: volume.affine && obliquenessOf(volume.affine),
    place: placeOf(volume, picture.plane, picture.slice),
    step: 0,
    masks: { ...(annotation && { exemplar: annotation.labels.slice() }), ...(reference && { reference: reference.labels }) },
    drawn: exemplar?.drawn != null,
    probabilities: [],
  }
  if (i < 0 || !networks) return view
  await networks.inferPile([i], (inference) => {
    for (const form of ['mean', 'A', 'B'] as const) view.masks[form] = networks.maskOf(i, inference, form).labels
    view.probabilities = networks.mapsOf(i, inference).probabilities.map(toBytes)
  })
  const { inference: form } = networks.config
  view.masks[form] = (await networks.predictOne(i)).labels.slice()
  return { ...view, step: networks.t }
}

/**
 * Pixels of each class in a mask of several images, as they would be exported: where the user has drawn, that counts, not the prediction. Null for an
 * image without that mask.
 */
export async function measureMasks(
  dataset: Dataset,
  ids: readonly PictureId[],
  mask: MaskName,
  networks: Networks | null,
): Promise<(number[] | null)[]> {
  const { length } = dataset.classes
  const measured: (number[] | null)[] = []
  for (const id of ids) {
    const map = await maskOf(dataset, id, mask, networks)
    measured.push(map && countClasses(map.labels, length))
  }
  return measured
}

async function maskOf(dataset: Dataset, id: PictureId, mask: MaskName, networks: Networks | null): Promise<LabelMap | null> {
  const i = numberOf(dataset, id)
  if (i < 0) return null
  if (mask === 'reference') return referenceOf(dataset, i)
  if (mask === 'exemplar') {
    const exemplar = exemplarAt(dataset, picturesIn(dataset)[i]!)
    return exemplar ? annotationOf(dataset, exemplar) : null
  }
  if (!networks) return null
  if (mask === networks.config.inference) return networks.withAnnotation(i, await networks.predictOne(i))
  let map: LabelMap | null = null
  await networks.inferPile([i], (inference) => (map = networks.maskOf(i, inference, mask)))
  return map && networks.withAnnotation(i, map)
}
