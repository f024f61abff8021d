/** What the list of pairs shows: its rows, and what can be chosen in each. */
import { naturalOrder } from '../lib/natural-order'
import type { PairedImage, PairedMask, PairList } from '../worker/protocol'
import { count } from './format'

/** A row: an image with its mask, or a mask that is of no image. */
export type PairRow = { kind: 'image'; image: PairedImage } | { kind: 'mask'; mask: PairedMask }

export const keyOf = (row: PairRow): string => (row.kind === 'image' ? row.image.id : `mask ${row.mask.id}`)

/** What can be chosen in a row. */
export interface Choice {
  id: string
  label: string
}

const byName = (a: { name: string }, b: { name: string }) => naturalOrder(a.name, b.name)

/**
 * Masks of no image, then images, each by name, so that a row stays where it is whatever is chosen in it.
 * @param unpaired leaves out images that have a mask, except those of `kept`
 */
export function pairRows({ images, masks }: PairList, unpaired: boolean, kept: ReadonlySet<string>): PairRow[] {
  const left = masks.filter(({ image }) => image === null).sort(byName)
  const shown = images.filter(({ id, mask }) => !unpaired || mask === null || kept.has(id)).sort(byName)
  return [...left.map((mask) => ({ kind: 'mask' as const, mask })), ...shown.map((image) => ({ kind: 'image' as const, image }))]
}

/** The masks that an image can have: first those of which it is not decided that they are its. */
export function masksFor({ images, masks }: PairList, { id, grid }: PairedImage): { likely: Choice[]; others: Choice[] } {
  const names = new Map(images.map((image) => [image.id, image.name]))
  const fitting = masks.filter((mask) => mask.image === id || mask.grids.includes(grid)).sort(byName)
  const choice = (mask: PairedMask): Choice => {
    const owner = mask.image !== null && mask.image !== id ? names.get(mask.image) : undefined
    return { id: mask.id, label: owner === undefined ? mask.name : `${mask.name} (now of ${owner})` }
  }
  const isLikely = ({ candidates }: PairedMask) => candidates.includes(id)
  return { likely: fitting.filter(isLikely).map(choice), others: fitting.filter((mask) => !isLikely(mask)).map(choice) }
}

/** The images that can have a mask: first those that it could belong to. */
export function imagesFor({ images }: PairList, { candidates, grids }: PairedMask): { likely: Choice[]; others: Choice[] } {
  const fitting = images.filter(({ grid }) => grids.includes(grid)).sort(byName)
  const choice = ({ id, name, mask }: PairedImage): Choice => ({ id, label: mask === null ? name : `${name} (has another)` })
  const isLikely = ({ id }: PairedImage) => candidates.includes(id)
  return { likely: fitting.filter(isLikely).map(choice), others: fitting.filter((image) => !isLikely(image)).map(choice) }
}

/** The first two of some names, and how many more there are. */
function some(names: readonly string[]): string {
  const first = names.slice(0, names.length > 3 ? 2 : 3)
  const more = names.length - first.length
  return more > 0 ? `${first.join(', ')} and ${count(more)} more` : first.join(', ').replace(/, (?=[^,]*$)/, ' or ')
}

/** What is said of a row, in one line: why the pair is one, or what it could be. */
export function sayRow(pairs: PairList, row: PairRow): string {
  if (row.kind === 'mask') {
    const names = new Map(pairs.images.map(({ id, name }) => [id, name]))
    const could = row.mask.candidates.flatMap((id) => names.get(id) ?? [])
    return `Mask of no image: ${row.mask.why ?? ''}${could.length > 0 ? `; perhaps of ${some(could)}` : ''}`
  }
  const { id, mask, why, exemplar } = row.image
  if (mask !== null) return `${exemplar ? 'Exemplar' : 'Reference'} · ${why ?? ''}`
  const could = pairs.masks.filter(({ candidates }) => candidates.includes(id)).map(({ name }) => name)
  return could.length > 0 ? `No mask; perhaps ${some(could)}` : 'No mask'
}

/** How many images have a mask, and what is left over. */
export function sayPairs({ images, masks }: PairList): string {
  const paired = images.filter(({ mask }) => mask !== null).length
  const left = masks.filter(({ image }) => image === null).length
  return `${count(paired)} of ${count(images.length)} ${images.length === 1 ? 'image has' : 'images have'} a mask${left > 0 ? `; ${count(left)} ${left === 1 ? 'mask is' : 'masks are'} of no image` : ''}`
}
