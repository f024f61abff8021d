import { frameOf, prepareImage } from '../image/frame'
import { dataKeys, type Config } from '../method/config'
import type { TrainingData } from '../method/synthesis'
import { annotated, annotationOf, tableOf } from './annotations'
import { picturesOf, rasterOf, type Dataset, type Exemplar, type Picture } from './dataset'
import type { SessionEvents } from './events'
import type { PictureId } from '../image/picture-id'
import { prepareLabels, toBytes } from './preparation'
import { fieldOfAll } from './training-data'

/** Everything but the pictures that decides how they look to the networks. */
const lookOf = (dataset: Dataset, config: Config): string =>
  JSON.stringify([config.size, ...dataKeys.map((key) => config[key]), fieldOfAll(dataset, config)])

/** Everything but the exemplars that decides how annotations look to them. */
const labelLookOf = (dataset: Dataset, config: Config): string => JSON.stringify([lookOf(dataset, config), ...tableOf(dataset)])

/** What an exemplar teaches, as the networks see it: class per pixel, 255 unknown, size x size; null until it is annotated. */
function seenLabels(dataset: Dataset, exemplar: Exemplar, config: Config, field: number | null): Uint8Array<ArrayBuffer> | null {
  const map = annotationOf(dataset, exemplar)
  return map && prepareLabels(map, frameOf(exemplar.picture, config, field), config)
}

const shown = new WeakMap<Exemplar, { look: string; classes: number[] }>()

/** The classes present in each exemplar as the networks see it, 255 for unknown; none if it is not annotated. */
export function shownClasses(dataset: Dataset, config: Config): number[][] {
  const look = labelLookOf(dataset, config)
  const field = fieldOfAll(dataset, config)
  return dataset.exemplars.map((exemplar) => {
    let known = shown.get(exemplar)
    if (known?.look !== look) shown.set(exemplar, (known = { look, classes: [...new Set(seenLabels(dataset, exemplar, config, field))] }))
    return known.classes
  })
}

/** Remembers which pictures were sent: each goes once, and again only when it looks different. */
export class Thumbnails {
  private looks = new Map<PictureId, string>()
  private annotations = new Map<PictureId, { exemplar: Exemplar; look: string }>()

  /** What has not been sent yet, and counts as sent from now on; null if nothing. */
  fresh(dataset: Dataset, config: Config, prepared: TrainingData | null): SessionEvents['thumbnails'] | null {
    const look = lookOf(dataset, config)
    const labelLook = labelLookOf(dataset, config)
    const field = fieldOfAll(dataset, config)
    const found: SessionEvents['thumbnails'] = { size: config.size, pixels: [], labels: [], gone: [] }
    const there = new Set<PictureId>()
    const see = (picture: Picture, ready: Float32Array | undefined) => {
      const { id } = picture
      there.add(id)
      if (this.looks.get(id) === look) return
      this.looks.set(id, look)
      found.pixels.push([id, toBytes(ready ?? prepareImage(rasterOf(picture), frameOf(picture, config, field), config))])
    }
    dataset.unlabeled.forEach((picture, i) => see(picture, prepared?.unlabeled[i]))
    for (const picture of dataset.further.flatMap(picturesOf)) see(picture, undefined)
    const teaching = annotated(dataset)
    for (const exemplar of dataset.exemplars) {
      const { picture } = exemplar
      see(picture, prepared?.exemplars[teaching.indexOf(exemplar)]?.image)
      const sent = this.annotations.get(picture.id)
      if (sent?.exemplar === exemplar && sent.look === labelLook) continue
      this.annotations.set(picture.id, { exemplar, look: labelLook })
      const labels = seenLabels(dataset, exemplar, config, field)
      if (labels) found.labels.push([picture.id, labels])
    }
    for (const id of this.looks.keys()) if (!there.has(id)) found.gone.push(id)
    for (const id of found.gone) {
      this.looks.delete(id)
      this.annotations.delete(id)
    }
    return found.pixels.length + found.labels.length + found.gone.length > 0 ? found : null
  }
}
