/** What the exemplars say of the shapes of classes: whether each comes in one piece and without holes. Masks are tidied by it, if that is asked for. */
import { countParts, filledHoles, holesOf, largestParts, type Extents } from '../image/parts'
import { unknown, type LabelMap } from '../image/raster'
import type { Config } from '../method/config'
import { annotated, annotationOf } from './annotations'
import type { Dataset, Picture } from './dataset'
import type { Shapes } from './looks'

interface Slice {
  picture: Picture
  map: LabelMap
}

/** With the mapping that they hold for: by it the same masks show other classes. */
const found = new WeakMap<Dataset['exemplars'], { mapping: Dataset['mapping']; shapes: Shapes }>()

/** What all exemplars together show; slices of a volume that follow each other are one volume. */
export function shapesOf(dataset: Dataset): Shapes {
  const before = found.get(dataset.exemplars)
  if (before?.mapping === dataset.mapping) return before.shapes
  const exemplars = annotated(dataset).map((exemplar): Slice => ({ picture: exemplar.picture, map: annotationOf(dataset, exemplar)! }))
  const shown = new Set<number>()
  const apart = new Set<number>()
  const hollow = new Set<number>()
  for (const stack of stacksIn(exemplars)) {
    const { labels, extents } = stacked(stack.map(({ map }) => map))
    for (const label of new Set(labels)) {
      if (label === 0 || label === unknown) continue
      shown.add(label)
      if (countParts(labels, extents, label) > 1) apart.add(label)
    }
    for (const { around } of holesOf(labels, extents)) hollow.add(around)
  }
  const classes = [...shown].sort((a, b) => a - b)
  const shapes = { single: classes.filter((label) => !apart.has(label)), solid: classes.filter((label) => !hollow.has(label)) }
  found.set(dataset.exemplars, { mapping: dataset.mapping, shapes })
  return shapes
}

/** Slices of one volume and frame that lie side by side. */
function stacksIn(slices: readonly Slice[]): Slice[][] {
  const sorted = [...slices].sort((a, b) => a.picture.frame - b.picture.frame || a.picture.slice - b.picture.slice)
  const stacks: Slice[][] = []
  for (const slice of sorted) {
    const { source, frame, plane, slice: place } = slice.picture
    const stack = stacks.find((one) => {
      const last = one.at(-1)!.picture
      return last.source.id === source.id && last.plane.axis === plane.axis && last.frame === frame && last.slice + 1 === place
    })
    if (stack) stack.push(slice)
    else stacks.push([slice])
  }
  return stacks
}

function stacked(maps: readonly LabelMap[]): { labels: Uint8Array<ArrayBuffer>; extents: Extents } {
  const { width, height } = maps[0]!
  const labels = new Uint8Array(width * height * maps.length)
  maps.forEach((map, n) => labels.set(map.labels, n * width * height))
  return { labels, extents: [width, height, maps.length] }
}

/**
 * Masks of one picture, or of slices of a volume in their order, as the settings want them: of a class that the exemplars show in one piece the largest,
 * and without holes where they show none.
 */
export function tidied(
  maps: readonly LabelMap[],
  { single, solid }: Shapes,
  { largest, holes }: Pick<Config, 'largest' | 'holes'>,
): LabelMap[] {
  const { labels, extents } = stacked(maps)
  const whole = largest ? largestParts(labels, extents, single) : labels
  const out = holes ? filledHoles(whole, extents, solid) : whole
  const each = extents[0] * extents[1]
  return maps.map(({ width, height }, n) => ({ width, height, labels: out.slice(n * each, (n + 1) * each) }))
}
