import { unknownValueOf } from '../data/mask-file'
import { mergedText } from '../data/merged-masks'
import { orientationOf, saidSpacing, type Volume } from '../data/volume'
import { histogramOf, summariseVolume } from '../data/volume-summary'
import { mirrorOf, planeName } from '../data/slices'
import type { Config } from '../method/config'
import { annotated, annotationOf } from './annotations'
import { dataHash } from './data-hash'
import { identifiersOf, personalNames } from './cases'
import { picturesOf, type Dataset, type Picture, type Source } from './dataset'
import { pairList } from './pair-list'
import { hasReference } from './references'
import type { Shapes } from './looks'
import { shapesOf } from './shapes'
import { suggestionFor } from './suggestion'
import { shownClasses } from './thumbnails'
import { missingOf, scoredWith } from './training-data'
import type { DatasetSummary, Region, SourceInfo, UnlabeledInfo, VolumeNumbers } from './events'

const describe = (source: Source): SourceInfo => {
  const { id, volume, axis, frame, every } = source
  const { name, kind, size, affine, modality, notes, frameMeans } = volume
  const pictures = picturesOf(source)
  return {
    id,
    name,
    kind,
    patient: pictures[0]?.patient ?? '',
    size,
    spacing: saidSpacing(volume),
    orientation: affine && orientationOf(affine),
    modality,
    notes,
    axis,
    planes: ([0, 1, 2] as const).map((a) => planeName(volume, a)),
    frameMeans,
    frame,
    every,
    images: pictures.length,
  }
}

/**
 * Statistics of a volume, with a histogram of 64 bins. Windows are chosen on them and applied to pictures: for a volume whose large values mean
 * dark, they describe the inverse.
 */
export function numbersOf(volume: Volume): VolumeNumbers {
  const summary = summariseVolume(volume)
  const histogram = [...histogramOf(volume, 64, summary.min, summary.max)]
  const sum = mirrorOf(volume)
  if (sum === null) return { ...summary, histogram }
  return { ...summary, min: sum - summary.max, max: sum - summary.min, mean: sum - summary.mean, histogram: histogram.reverse() }
}

/** Margin of a proposed region around the annotations, as a share of its larger side: in other patients organs lie elsewhere. */
const margin = 0.5

/** A region of interest around everything the exemplars mark, as shares of width and height; null if nothing is marked. */
export function proposedRegion(dataset: Dataset): Region | null {
  let [left, top, right, bottom] = [1, 1, 0, 0]
  for (const exemplar of annotated(dataset)) {
    const { width, height, labels } = annotationOf(dataset, exemplar)!
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] === 0 || labels[i]! >= dataset.classes.length) continue
      const [x, y] = [i % width, Math.floor(i / width)]
      left = Math.min(left, x / width)
      right = Math.max(right, (x + 1) / width)
      top = Math.min(top, y / height)
      bottom = Math.max(bottom, (y + 1) / height)
    }
  }
  if (right <= left) return null
  const around = margin * Math.max(right - left, bottom - top)
  const round = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 100) / 100
  const [x, y] = [round(left - around), round(top - around)]
  return { x, y, width: round(round(right + around) - x), height: round(round(bottom + around) - y) }
}

function maskNotesOf({ exemplarMask, mapping, partners }: Dataset): string[] {
  const aside = exemplarMask && unknownValueOf(exemplarMask)
  const unknowns = aside !== null && mapping.get(aside) === 'unknown' ? [`The value ${aside} beside small numbers counts as unknown.`] : []
  const merged = exemplarMask?.volume.merged ? [mergedText(exemplarMask.volume)] : []
  const own = exemplarMask?.volume.merged?.from.join()
  const others = [...partners.values()]
    .flatMap(({ mask: { volume } }) => volume.merged ?? [])
    .filter(({ from }) => from.length > 1 && from.join() !== own)
  const overlapping = others.filter(({ overlap }) => overlap > 0)
  const places = overlapping.reduce((sum, { overlap }) => sum + overlap, 0)
  if (others.length > 0)
    merged.push(
      `So were the masks of ${others.length} other image${others.length > 1 ? 's' : ''}` +
        `${overlapping.length > 0 ? `; in ${overlapping.length} of them they overlap, in ${places.toLocaleString('en-US')} places` : ''}.`,
    )
  return [...(exemplarMask?.notes ?? []), ...unknowns, ...merged]
}

/** How reference masks were understood: of notes that differ in numbers only, the first, with how many masks have one like it. */
function referenceNotesOf({ partners }: Dataset): string[] {
  const found = new Map<string, { name: string; note: string; masks: number }>()
  for (const { mask } of partners.values())
    for (const note of new Set([...mask.given.notes, ...mask.notes])) {
      const alike = note.replace(/[\d.,]+/g, '#')
      const before = found.get(alike)
      found.set(alike, before ? { ...before, masks: before.masks + 1 } : { name: mask.given.name, note, masks: 1 })
    }
  return [...found.values()].map(({ name, note, masks }) =>
    masks === 1 ? `Reference mask "${name}": ${note}` : `${masks} reference masks, such as "${name}": ${note}`,
  )
}

const pickShapes = ({ single, solid }: Shapes): Shapes => ({ single, solid })

const infoOf = (picture: Picture, hasReference: boolean, teaching: Set<string>): UnlabeledInfo => {
  const { id, name, patient, width, height, spacing, source } = picture
  return {
    ...{ id, name, patient, width, height, spacing, hasReference, scoredAs: scoredWith(picture) },
    annotated: teaching.has(id),
    source: source.id,
  }
}

/** What the page is told about a data set. */
export function summarise(dataset: Dataset, config: Config): DatasetSummary {
  const teaching = new Set(annotated(dataset).map(({ picture }) => picture.id))
  const shows = shownClasses(dataset, config)
  return {
    sample: dataset.sample,
    size: config.size,
    classes: dataset.classes,
    exemplars: dataset.exemplars.map(({ picture: { id, name, width, height, spacing }, drawn, given }, i) => ({
      ...{ id, name, width, height, spacing },
      shows: shows[i]!,
      from: drawn ? 'drawing' : given ? 'file' : null,
    })),
    values: (dataset.exemplarMask?.values ?? []).map(({ value, count, name }) => ({
      value,
      count,
      name,
      target: dataset.mapping.get(value) ?? 'own',
    })),
    maskNotes: maskNotesOf(dataset),
    referenceNotes: referenceNotesOf(dataset),
    modality: dataset.modality,
    sources: dataset.sample ? [] : dataset.sources.map(describe),
    pairs: pairList(dataset),
    identifiers: identifiersOf(dataset),
    personal: personalNames(dataset),
    proposedRegion: proposedRegion(dataset),
    suggestion: suggestionFor(dataset, config),
    unlabeled: dataset.unlabeled.map((picture, i) => infoOf(picture, hasReference(dataset, i), teaching)),
    shapes: pickShapes(dataset.domain ?? shapesOf(dataset)),
    further: {
      images: dataset.further.flatMap(picturesOf).map((picture) => infoOf(picture, false, teaching)),
      sources: dataset.further.map(describe),
    },
    references: dataset.unlabeled.filter((_, i) => hasReference(dataset, i)).length,
    hash: missingOf(dataset).length === 0 ? dataHash(dataset) : null,
    missing: missingOf(dataset),
  }
}
