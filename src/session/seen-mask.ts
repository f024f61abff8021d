import { InputError } from '../data/input-error'
import { frameOf } from '../image/frame'
import type { Config } from '../method/config'
import { pictureOf, type Dataset } from './dataset'
import type { PictureId } from '../image/picture-id'
import { toSource } from './preparation'
import { fieldOfAll } from './training-data'

/**
 * What a run saw in an image, in the size of the image.
 * @param seen class per pixel, size x size @param config of that run, which decides which part of the image it saw
 * @throws InputError if the image is not loaded
 */
export function fromSeen(dataset: Dataset, id: PictureId, seen: Uint8Array, config: Config): Uint8Array<ArrayBuffer> {
  const picture = pictureOf(dataset, id)
  if (!picture) throw new InputError('This image is no longer loaded; choose another.', '')
  const classes = 1 + seen.reduce((most, label) => Math.max(most, label), 0)
  const sure = new Float32Array(seen.length * classes)
  seen.forEach((label, i) => (sure[i * classes + label] = 1))
  return toSource(sure, picture, frameOf(picture, config, fieldOfAll(dataset, config)), classes, config.size)
    .labels as Uint8Array<ArrayBuffer>
}
