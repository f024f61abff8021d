/** An image at full size with all masks that are known of it, to compare, and how much of it each covers. */
import { InputError } from '../data/input-error'
import { placeOf } from '../data/slices'
import { obliquenessOf } from '../data/volume'
import { countClasses } from '../image/masks'
import type { LabelMap } from '../image/raster'
import { annotationOf, exemplarAt } from './annotations'
import { hasChannels, numberOf, type Dataset, type Picture } from './dataset'
import type { MaskName, ViewedPicture } from './events'
import type { Networks } from './networks'
import { openedPicture } from './opened-picture'
import { toBytes } from './preparation'
import { referenceOf } from './references'

/** Where slices follow each other: millimetres from one image of the volume to the next; null for a single slice and without spacing. */
function thicknessOf({ source: { volume, every }, plane: { axis } }: Picture): number | null {
  return volume.spacing && volume.size[axis] > 1 ? volume.spacing[axis] * every : null
}

/**
 * An image with its masks in the size of its source.
 * @param networks if they have taken a step
 * @throws InputError when it is not loaded
 */
export async function viewedPicture(dataset: Dataset, picture: Picture | undefined, networks: Networks | null): Promise<ViewedPicture> {
  if (!picture) throw new InputError('This image is no longer loaded; choose another.', '')
  const opened = await openedPicture(dataset, picture, () => Promise.resolve(null), networks !== null)
  const { affine } = picture.source.volume
  const i = numberOf(dataset, picture.id)
  const exemplar = exemplarAt(dataset, picture)
  const annotation = exemplar && annotationOf(dataset, exemplar)
  const reference = i >= 0 ? referenceOf(dataset, i) : null
  const view: ViewedPicture = {
    ...opened,
    slice: picture.slice,
    slices: picture.source.volume.size[picture.plane.axis],
    frame: picture.frame,
    frames: picture.source.volume.size[3],
    frameMeans: hasChannels(picture.source.volume) ? 'channel' : 'time',
    thickness: thicknessOf(picture),
    oblique: affine && obliquenessOf(affine),
    place: placeOf(picture.source.volume, picture.plane, picture.slice),
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
  // As it is exported.
  view.masks[networks.config.inference] = (await networks.predictOne(i)).labels
  return { ...view, step: networks.t }
}

/**
 * Pixels of each class in a mask of several images, as they would be exported: where the user has drawn, that counts, not the prediction. Null for an
 * image without that mask.
 */
export async function measureMasks(
  dataset: Dataset,
  pictures: readonly (Picture | undefined)[],
  mask: MaskName,
  networks: Networks | null,
): Promise<(number[] | null)[]> {
  const { length } = dataset.classes
  const counts = new Array<number[] | null>(pictures.length).fill(null)
  const count = (n: number, labels: Uint8Array | undefined) => labels && (counts[n] = countClasses(labels, length))
  const predicted: { n: number; i: number }[] = []
  for (const [n, picture] of pictures.entries()) {
    if (!picture) continue
    const i = numberOf(dataset, picture.id)
    if (mask === 'exemplar') {
      const exemplar = exemplarAt(dataset, picture)
      count(n, (exemplar && annotationOf(dataset, exemplar))?.labels)
    } else if (i < 0) continue
    else if (mask === 'reference') count(n, referenceOf(dataset, i)?.labels)
    else predicted.push({ n, i })
  }
  if (!networks || mask === 'exemplar' || mask === 'reference') return counts
  const places = new Map(predicted.map(({ n, i }) => [i, n]))
  const take = (i: number, predicted: LabelMap) => count(places.get(i)!, networks.withAnnotation(i, predicted).labels)
  const which = [...places.keys()]
  if (mask === networks.config.inference) await networks.results(which, ({ i, predicted }) => take(i, predicted))
  else await networks.inferPile(which, (inference, i) => take(i, networks.maskOf(i, inference, mask)))
  return counts
}
