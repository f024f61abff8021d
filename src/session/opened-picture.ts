import { sidesOf } from '../data/slices'
import { ctPresets } from '../image/window-presets'
import { sha256 } from '../lib/hex'
import { quantile } from '../lib/statistics'
import type { LabelMap, Raster } from '../image/raster'
import { annotationOf, exemplarAt } from './annotations'
import { hueOf } from '../image/palette'
import { rasterOf, type Dataset, type Picture } from './dataset'
import type { OpenedPicture } from './events'
import { isHounsfield } from './suggestion'

/** SHA-256 of an image's values and size: its name before pictures had ids, kept so that old drawings are still found. */
const formerKeyOf = async ({ width, height, pixels }: Raster): Promise<string> => `${width}x${height}-${await sha256(pixels)}`

/**
 * An image at full size with its annotation, else the models' prediction, else no labels.
 * @param predicted called only where there is no annotation; null without a trained model
 * @param begun whether networks exist: their classes are then fixed
 */
export async function openedPicture(
  dataset: Dataset,
  picture: Picture,
  predicted: () => Promise<LabelMap | null>,
  begun: boolean,
): Promise<OpenedPicture> {
  const image = rasterOf(picture)
  const { volume } = picture.source
  const exemplar = exemplarAt(dataset, picture)
  const annotation = exemplar && annotationOf(dataset, exemplar)
  const prediction = annotation ? null : await predicted()
  const [low, high] = [quantile(image.pixels, 0.01), quantile(image.pixels, 0.995)]
  const usual = { center: (low + high) / 2, width: Math.max(high - low, 1e-6) }
  const isCt = isHounsfield(volume)
  const classes = dataset.classes.map(({ name, color }) => ({ name, color }))
  return {
    id: picture.id,
    formerKey: await formerKeyOf(image),
    name: picture.name,
    width: image.width,
    height: image.height,
    pixels: image.pixels,
    spacing: picture.spacing && [...picture.spacing],
    sides: sidesOf(volume, picture.plane),
    // A file's window is in its own units, which an inverted picture no longer uses.
    window: (!volume.inverted && volume.window) || (isCt ? softTissue : usual),
    presets: [...(isCt ? ctPresets : []), { name: 'This image', ...usual }],
    fixed: begun || dataset.exemplars.some((other) => other !== exemplar && (other.drawn ?? other.given)) ? classes.length : 1,
    classes: classes.length > 0 ? classes : [background, { name: 'structure', color: hueOf(1) }],
    labels: (annotation ?? prediction)?.labels.slice() ?? new Uint8Array(image.width * image.height),
    proposal: prediction !== null,
  }
}

/** Of CT the range from air to bone would show organs in one grey. */
const { center, width } = ctPresets[0]!
const softTissue = { center, width }

const background = { name: 'background', color: hueOf(0) }
