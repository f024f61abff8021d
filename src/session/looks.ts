/** The form of what is known of networks besides their weights, as files have it. */
import { either, finite, listLike, listOf, oneOf, orNull, record, text, whole, type Shape } from '../lib/shape'

/** From the least to the most. */
export type Range = [number, number]

/** How the images that were learnt from look, as a whole. */
export interface Looks {
  /** Pixels. */
  width: Range
  height: Range
  /** Millimetres per pixel; null where no image says it. */
  spacing: Range | null
  /** Longest side of what the networks see, in millimetres; null likewise. */
  seen: Range | null
  /** Of the pixels that the networks see, the share that is at most as bright as each of `levels`, over all images. */
  shares: number[]
  /** How far the image that is least like the others is from these; see `apartFrom`. */
  spread: number
  /** The plane that all volumes are cut in, such as "axial"; null without volumes, or if they differ. */
  plane: string | null
  /** The axis that all volumes are cut along, where no plane tells it; missing if it is the usual one of each, if they differ, and in older files. */
  axis?: 0 | 1 | 2 | undefined
  /** The frame of time series that is used, or null for all; missing without any, if they differ, and in older files. */
  frame?: number | null | undefined
  /** Of images with so many channels, which is used; null for all. */
  channels: [of: number, used: number | null][]
}

/** What the exemplars say of the shapes of classes. */
export interface Shapes {
  /** Classes that are in one piece wherever an exemplar shows them. */
  single: number[]
  /** Classes without a hole there. */
  solid: number[]
}

export interface Domain extends Shapes {
  /** Background first. */
  classes: { name: string; color: string; value: string }[]
  /** As `fieldOf` gives it. */
  millimetresAcross: number | null
  /** Null where a run was saved before it said so. */
  looks: Looks | null
}

const missing: Shape<undefined> = (value) => value === undefined

const range: Shape<Range> = listLike<Range>(finite, finite)

/** For JSON that anybody may have written. */
const isLooks: Shape<Looks> = record({
  width: range,
  height: range,
  spacing: orNull(range),
  seen: orNull(range),
  shares: listOf(finite),
  spread: finite,
  plane: orNull(text),
  axis: either(oneOf(0, 1, 2), missing),
  frame: either(orNull(whole(0)), missing),
  channels: listOf(listLike<[number, number | null]>(whole(1), orNull(whole(0)))),
})

export const isDomain: Shape<Domain> = record({
  classes: listOf(record({ name: text, color: text, value: text })),
  millimetresAcross: orNull(finite),
  looks: orNull(isLooks),
  single: listOf(whole(1)),
  solid: listOf(whole(1)),
})
