/** A drawing: a label map and its labels, with one history for both. */
import { classColours, hueOf, unknownColour } from '../image/palette'
import type { LabelClass, LabelMap } from '../image/raster'
import { apply, difference, type Patch } from './patch'
import { background, unknown, type Annotation } from './drawable'

/** A row of the label list. */
export interface Label {
  /** Its byte in the mask. It stays when other labels are removed; `annotationOf` closes the gaps. */
  value: number
  name: string
  /** #rrggbb */
  color: string
  /** Its pixels neither leave it nor join it. In the history, so that undo cannot change what is locked without unlocking it. */
  locked: boolean
}

/** One step of the history. */
export interface Change {
  patch: Patch | null
  table: { before: readonly Label[]; after: readonly Label[] } | null
}

export interface Drawing {
  /** Its bytes, and `counts`, are changed in place by the functions below; the rest of a drawing is replaced. */
  readonly mask: Readonly<LabelMap>
  /** Pixels of each label, 256 numbers. */
  readonly counts: Uint32Array
  /** Classes below this value stay in the table. */
  readonly fixed: number
  /** Background first, then the classes, unknown last. */
  readonly table: readonly Label[]
  readonly past: readonly Change[]
  readonly future: readonly Change[]
  /** There were more steps than can be undone. */
  readonly shortened: boolean
}

/** Steps that can be undone. */
export const depth = 200

/** Values 1..254. */
export const mostClasses = 254

export const longestName = 40

const unknownLabel: Label = { value: unknown, name: 'Unknown', color: unknownColour, locked: false }

const tableOf = (classes: readonly LabelClass[]): Label[] => [
  ...classes.map(({ name, color }, value) => ({ value, name, color, locked: false })),
  unknownLabel,
]

/** @throws RangeError for labels that name no class, or for arrays of the wrong size: mistakes of the caller, not of the user. */
export function makeDrawing(
  width: number,
  height: number,
  { labels, classes }: { labels: Uint8Array; classes: readonly LabelClass[] },
  fixed = 1,
): Drawing {
  if (labels.length !== width * height) throw new RangeError(`${labels.length} labels do not fill ${width} x ${height} pixels.`)
  if (classes.length < 1 || classes.length > mostClasses + 1)
    throw new RangeError(`${classes.length} classes, expected 1 to ${mostClasses + 1}.`)
  const counts = new Uint32Array(256)
  for (const label of labels) counts[label]!++
  const wrong = counts.findIndex((n, value) => n > 0 && value >= classes.length && value !== unknown)
  if (wrong >= 0) throw new RangeError(`Label ${wrong} names none of ${classes.length} classes.`)
  const mask = { width, height, labels: labels.slice() }
  return { mask, counts, fixed, table: tableOf(classes), past: [], future: [], shortened: false }
}

/** The drawing with its classes numbered without gaps, in a copy. */
export function annotationOf({ mask, table }: Drawing): Annotation {
  const classes = table.filter(({ value }) => value !== unknown)
  const number = new Uint8Array(256).fill(unknown)
  classes.forEach(({ value }, place) => (number[value] = place))
  return { labels: mask.labels.map((value) => number[value]!), classes: classes.map(({ name, color }) => ({ name, color })) }
}

const record = (drawing: Drawing, change: Change): Drawing => ({
  ...drawing,
  table: change.table?.after ?? drawing.table,
  past: [...drawing.past, change].slice(-depth),
  future: [],
  shortened: drawing.shortened || drawing.past.length === depth,
})

/** Writes a patch that is not in the history yet: a part of a stroke. `remember` follows, or the part is taken back. */
export const write = ({ mask, counts }: Drawing, patch: Patch, direction: 'forwards' | 'backwards' = 'forwards'): void =>
  apply(mask, counts, patch, direction)

/** Puts a patch that has been written into the history. */
export const remember = (drawing: Drawing, patch: Patch): Drawing => record(drawing, { patch, table: null })

/** Takes back the last step: the new drawing and the patch undone, null if only the table changed; undefined if there is no step. */
export function undo(drawing: Drawing): { drawing: Drawing; patch: Patch | null } | undefined {
  const change = drawing.past.at(-1)
  if (!change) return undefined
  if (change.patch) write(drawing, change.patch, 'backwards')
  const [table, past, future] = [change.table?.before ?? drawing.table, drawing.past.slice(0, -1), [change, ...drawing.future]]
  return { drawing: { ...drawing, table, past, future }, patch: change.patch }
}

/** Repeats the step that was last taken back. */
export function redo(drawing: Drawing): { drawing: Drawing; patch: Patch | null } | undefined {
  const [change, ...future] = drawing.future
  if (!change) return undefined
  if (change.patch) write(drawing, change.patch)
  return {
    drawing: { ...drawing, table: change.table?.after ?? drawing.table, past: [...drawing.past, change], future },
    patch: change.patch,
  }
}

/** Replaces everything by another drawing of the same size, as one step. Labels that it has too stay locked; see `placesOf`. */
export function replace(drawing: Drawing, { labels, classes }: Annotation): { drawing: Drawing; patch: Patch | null } {
  const patch = difference(drawing.mask, labels)
  if (patch) write(drawing, patch)
  const before = drawing.table
  const own = before.slice(0, -1)
  const locks = placesOf(classes, own).map((known) => known !== null && (own[known]?.locked ?? false))
  const after = tableOf(classes).map((label, place) => ({ ...label, locked: locks[place] ?? before.at(-1)!.locked }))
  return { drawing: record(drawing, { patch, table: { before, after } }), patch }
}

/** The least value that no label has; more than `mostClasses` where there is no room for another. */
function freeValue(table: readonly Label[]): number {
  const taken = new Set(table.map(({ value }) => value))
  let value = 1
  while (taken.has(value)) value++
  return value
}

/**
 * Matches each label of a list to one of `known`, no two of them to the same: background to background, others by name, else by place if no other
 * label has that one's name, else to none. So a label stays the same when one before it is removed or when it is renamed.
 */
export function placesOf(list: readonly { name: string }[], known: readonly { name: string }[]): (number | null)[] {
  const byName = list.map(({ name }, place) => (place === background || known[place]?.name === name ? place : -1))
  // Of several with one name, those that keep their places are taken.
  for (const [place, { name }] of list.entries())
    if (byName[place]! < 0) byName[place] = known.findIndex((other, at) => other.name === name && !byName.includes(at))
  return byName.map((at, place) => (at >= 0 ? at : place < known.length && !byName.includes(place) ? place : null))
}

/**
 * What was drawn elsewhere, with the labels of a list: see `placesOf`; a label that the list lacks is one more, or unknown where there is no room.
 * Without this a list in another order would give the wrong classes to what was drawn.
 */
export function inTermsOf({ labels, classes }: Annotation, list: readonly LabelClass[]): Annotation {
  const all = [...list]
  const places = placesOf(classes, list).map((known, place) => {
    if (known !== null) return known
    // A label without pixels need not be there.
    if (!labels.includes(place)) return background
    return all.length > mostClasses ? unknown : all.push(classes[place]!) - 1
  })
  return { labels: labels.map((label) => places[label] ?? unknown), classes: all }
}

/** The drawing with what was drawn elsewhere in place of its own, as one step; locked labels neither leave nor join. */
export function copyIn(drawing: Drawing, given: Annotation): { drawing: Drawing; patch: Patch | null } {
  const own = annotationOf(drawing).classes
  const { labels, classes } = inTermsOf(given, own)
  const before = drawing.table
  const after = [...before]
  for (const { name, color } of classes.slice(own.length)) after.splice(-1, 0, { value: freeValue(after), name, color, locked: false })
  const values = after.filter(({ value }) => value !== unknown).map(({ value }) => value)
  const locked = lockedOf(drawing)
  const copied = drawing.mask.labels.map((old, i) => {
    const label = values[labels[i]!] ?? unknown
    return locked.has(old) || locked.has(label) ? old : label
  })
  const patch = difference(drawing.mask, copied)
  if (!patch) return { drawing, patch }
  write(drawing, patch)
  return { drawing: record(drawing, { patch, table: after.length > before.length ? { before, after } : null }), patch }
}

const withTable = (drawing: Drawing, after: readonly Label[]): Drawing =>
  record(drawing, { patch: null, table: { before: drawing.table, after } })

export const labelOf = ({ table }: Drawing, value: number): Label | undefined => table.find((label) => label.value === value)

export const lockedOf = ({ table }: Drawing): ReadonlySet<number> => new Set(table.filter(({ locked }) => locked).map(({ value }) => value))

/** The drawing with a new class after the others; the same drawing if there is no room. */
export function addLabel(drawing: Drawing): { drawing: Drawing; value: number | null } {
  const { table } = drawing
  const value = freeValue(table)
  if (value > mostClasses) return { drawing, value: null }
  const color = classColours.find((free) => !table.some((label) => label.color === free)) ?? hueOf(value)
  let number = table.length - 1
  while (table.some(({ name }) => name === `Class ${number}`)) number++
  const label = { value, name: `Class ${number}`, color, locked: false }
  return { drawing: withTable(drawing, [...table.slice(0, -1), label, table.at(-1)!]), value }
}

/** The drawing with a label's name, colour or lock changed; the same drawing if that is no change, or an empty name. */
export function editLabel(drawing: Drawing, value: number, edit: Partial<Pick<Label, 'name' | 'color' | 'locked'>>): Drawing {
  const label = labelOf(drawing, value)
  if (!label) return drawing
  const next = { ...label, ...edit }
  next.name = next.name.trim().slice(0, longestName)
  if (next.name === '' || (next.name === label.name && next.color === label.color && next.locked === label.locked)) return drawing
  return withTable(
    drawing,
    drawing.table.map((other) => (other === label ? next : other)),
  )
}

/** Whether a class can be removed: it has no pixels, nothing else uses it, and it is neither background nor unknown. */
export const removable = ({ counts, fixed }: Drawing, value: number): boolean =>
  value !== background && value !== unknown && value >= fixed && counts[value] === 0

/** The drawing without a class; the same drawing if it is not removable. */
export const removeLabel = (drawing: Drawing, value: number): Drawing =>
  removable(drawing, value) && labelOf(drawing, value)
    ? withTable(
        drawing,
        drawing.table.filter((label) => label.value !== value),
      )
    : drawing
