/** Settings picked from the data: what their modality says that a table of defaults cannot know. */
import { unknown } from '../image/raster'
import { ctPresets, type WindowPreset } from '../image/window-presets'
import { obliquenessOf, valueOf, type Volume } from '../data/volume'
import { frameOf } from '../image/frame'
import type { Config, Suggested } from '../method/config'
import { annotated, annotationOf } from './annotations'
import { rasterOf, type Dataset } from './dataset'
import type { Suggestion } from './events'
import { prepareLabels } from './preparation'
import { fieldOfAll } from './training-data'

/** Of an image so many voxels, evenly spaced, tell its units. */
const looked = 20_000
/** Air, and what scanners put outside of the round field of view. */
const air = -900
/** Fat, organs and blood. */
const soft = { from: -150, to: 250 }

const units = new WeakMap<Volume['samples'], boolean>()

/**
 * Whether values are Hounsfield units: DICOM says CT, or a file without a modality has a twentieth of air at most -900, a twentieth of soft tissue
 * and nothing far above metal. Magnetic resonance has no negative values, and what is normalised none near -1000.
 */
export function isHounsfield(volume: Volume): boolean {
  const { samples, channels, modality, inverted } = volume
  if (modality !== null) return modality === 'CT'
  if (channels !== 1 || inverted) return false
  const known = units.get(samples)
  if (known !== undefined) return known
  const value = valueOf(volume)
  const stride = Math.max(1, Math.floor(samples.length / looked))
  let [count, low, middle, high] = [0, 0, 0, 0]
  for (let i = 0; i < samples.length; i += stride) {
    const v = value(samples[i]!)
    count++
    if (v <= air) low++
    else if (v >= soft.from && v <= soft.to) middle++
    else if (v > 10_000) high++
  }
  const is = low >= count / 20 && middle >= count / 20 && high < count / 1000
  units.set(samples, is)
  return is
}

/** Windows in the order in which they are considered, the narrowest first. */
const considered = ['Soft tissue', 'Lung', 'Bone'].map((name) => ctPresets.find((preset) => preset.name === name)!)

/** The first window that shows most of what is annotated, or of all the one that shows the most; soft tissue while nothing is. */
function windowFor(dataset: Dataset): WindowPreset {
  const inside = considered.map(() => 0)
  let marked = 0
  for (const exemplar of annotated(dataset)) {
    const { pixels } = rasterOf(exemplar.picture)
    annotationOf(dataset, exemplar)!.labels.forEach((label, i) => {
      if (label === 0 || label === unknown) return
      marked++
      for (const [n, { center, width }] of considered.entries()) if (Math.abs(pixels[i]! - center) < width / 2) inside[n]!++
    })
  }
  const shows = (n: number) => inside[n]! >= 0.75 * marked
  const most = inside.indexOf(Math.max(...inside))
  return considered[considered.findIndex((_, n) => shows(n))] ?? considered[most]!
}

/** Sides that are tried, pixels. */
const sides = [64, 96, 128, 192, 256]
/** Every class should have so many pixels somewhere, 3 x 3. */
const least = 9

/** The smallest side at which the networks see enough of every class; the largest where none is. */
function sideFor(dataset: Dataset, config: Config): number {
  const enough = (size: number) => {
    const at = { ...config, size }
    const field = fieldOfAll(dataset, at)
    const most = new Uint32Array(dataset.classes.length)
    for (const exemplar of annotated(dataset)) {
      const own = new Uint32Array(dataset.classes.length)
      for (const label of prepareLabels(annotationOf(dataset, exemplar)!, frameOf(exemplar.picture, at, field), at))
        if (label < own.length) own[label]!++
      own.forEach((count, c) => (most[c] = Math.max(most[c]!, count)))
    }
    return dataset.classes.every(({ index, pixels }) => index === 0 || pixels === 0 || most[index]! >= least)
  }
  return sides.find(enough) ?? sides.at(-1)!
}

/** Degrees from which on slices lie as somebody laid them for one organ, such as along the short axis of a heart: its turn in them is anything. */
const oblique = 25

/**
 * What the data suggest. For CT, whose values have a unit and whose patients lie on their backs: a window that shows what is annotated, and small
 * rotations. For oblique slices wide ranges, which gain 0.02 of Dice on real hearts (docs/results.md) and lose 0.16 on organs that lie as a body does. For
 * small structures larger images. Null where nothing is known to be better than the defaults.
 */
export function suggestionFor(dataset: Dataset, config: Config): Suggestion | null {
  const volumes = [...(dataset.exemplarSource ? [dataset.exemplarSource] : []), ...dataset.sources].map(({ volume }) => volume)
  if (dataset.sample || volumes.length === 0) return null
  const what: string[] = []
  let values: Suggested = {}
  const side = sideFor(dataset, config)
  if (side > sides[0]!) {
    what.push('small structures')
    values.size = side
  }
  if (volumes.every(isHounsfield)) {
    const { name, center, width } = windowFor(dataset)
    what.unshift(`CT, ${name.toLowerCase()}`)
    values = { ...values, windowCenter: center, windowWidth: width, exemplarRotation: 15, weakRotation: 15, atlasRotation: 15 }
  } else if (volumes.every(({ affine }) => affine && obliquenessOf(affine) >= oblique)) {
    what.unshift('oblique slices, as of a heart')
    values = { ...values, exemplarRotation: 75, exemplarScale: 1.7 }
  }
  return what.length > 0 ? { what: what.join('; '), values } : null
}
