import { unknown } from '../../image/raster'
import { quantile } from '../../lib/statistics'
import { blur } from '../intensity'
import { dice, meanOf } from '../metrics'
import { carry, layOn, type Atlas, type Laid } from './demons'
import { bilinear, identity, scaledPose, turnOf, type Pose } from './pose'
import { PoseSearch } from './pose-search'
import { carryAlong } from './stack'

/** What a bank is made from: images as the networks see them. */
export interface BankData {
  /** Side of all images, pixels. */
  size: number
  /** At least one. */
  exemplars: readonly Atlas[]
  unlabeled: readonly Float32Array[]
  /** Whose image each unlabelled one is. */
  patients: readonly string[]
  /** Patients of the exemplars: none of their images is taken from the pool. */
  own: ReadonlySet<string>
  /** For each exemplar the unlabelled images that follow it in its stack, to either side, the nearest first. */
  along: readonly (readonly (readonly number[])[])[]
}

export interface BankOptions {
  /** Most entries from the pool; 0 looks at none of it. */
  entries: number
  /** Most slices along the stack to either side, besides these. */
  stack: number
  /** Most images looked at, spread evenly over patients. */
  pool: number
  /** Least Dice of the way back. */
  agreement: number
  /** Rotations tried, degrees either way. */
  rotation: number
}

/** An unlabelled image that registration has labelled. */
export interface BankEntry {
  /** Its number among the unlabelled ones. */
  image: number
  patient: string
  /** The exemplar's labels, carried there. */
  labels: Uint8Array<ArrayBuffer>
  /** Normalised cross-correlation with the exemplar laid on it, -1..1: ranks. */
  fit: number
  /** Dice of the exemplar's labels and those that come back from here, 0..1: decides. */
  wayBack: number
  /** How many slices it lies from the exemplar in its stack; 0 for an image of the pool. */
  away: number
}

export interface Bank {
  /** Those of the pool, the best first; then those along the stack, the nearest first. */
  entries: BankEntry[]
  /** Patients of whom an image found its way back, and all that were tried. */
  eligible: number
  tried: number
  /**
   * Rotation (degrees either way) and scale (this many times smaller or larger) within which the exemplar lies in nine of ten images that found their
   * way back; null without a bank.
   */
  reach: { rotation: number; scale: number } | null
}

/** The work of a registration is done at this side; larger images are only refined at their own. */
const workingSize = 64
/** Fewer patients that find their way back, and the exemplar is too unlike the others for its labels to be trusted there. */
const leastEligible = 3
/** Most images whose way back is tried: of each patient as many as of another, and one at least. */
const mostTried = 60
/** Most exemplars that are looked for in the pool, spread evenly: as many slices of one volume tell no more, and each takes its time. */
const mostSearched = 8
/** Degrees between the rotations that are tried, at most; on the way back. */
const [turn, turnBack] = [15, 25]
/** Largest shift between an exemplar and an image, as a share of the side. */
const reach = 18 / 64
const scales = [0.55, 0.67, 0.82, 1, 1.22]
/** The way back is looked for more coarsely, since it only has to be found. */
const scalesBack = [0.75, 1, 1.33]

/** Rotations of up to `range` degrees either way, so many at least, and no further apart than `step`. */
const turns = (range: number, least: number, step: number): number[] => {
  const count = Math.max(least, 2 * Math.ceil(range / step) + 1)
  return range === 0 ? [0] : Array.from({ length: count }, (_, i) => range * ((2 * i) / (count - 1) - 1))
}

/**
 * A bank of pseudo-exemplars. Lays every exemplar on unlabelled images of other patients by a search over poses and demons, and keeps those that it
 * fits best, whose labels also come back to it: one a patient, or of few patients several; and carries every exemplar along its stack. A function of its arguments alone.
 * @param tell how far it is; awaited, so that other work gets its turn, and what it throws ends the work
 */
export async function makeBank(data: BankData, options: BankOptions, tell: (done: number, of: number) => Promise<void>): Promise<Bank> {
  const { exemplars, patients, own } = data
  const size = Math.min(data.size, workingSize)
  const small = (image: Float32Array) => resized(image, data.size, size)
  const atlases = exemplars.map(({ image, labels }) => ({ image: small(image), labels: resizedLabels(labels, data.size, size) }))
  const search = (atlas: Atlas, rotations: readonly number[], over: readonly number[]) =>
    new PoseSearch(atlas.image, atlas.labels, size, rotations, over, Math.round(reach * size))
  const pool = options.entries > 0 ? spread(patients, own, options.pool) : []
  const others = new Set(pool.map((i) => patients[i]!)).size
  const each = Math.max(1, Math.floor(mostTried / Math.max(1, others)))
  const tries = Math.min(mostTried, pool.length, others * each)
  const along = data.along.map((ways) => ways.map((way) => way.slice(0, options.stack)))
  const all = pool.length + tries + along.flat(2).length
  const fits: (Found | null)[] = pool.map(() => null)
  const targets: Float32Array[] = []
  const searched = evenly(exemplars.length, mostSearched)
  // One exemplar after another, since the templates of one are 30 to 70 MB.
  for (const [nth, exemplar] of searched.entries()) {
    const atlas = atlases[exemplar]!
    const poses = search(atlas, turns(options.rotation, 11, turn), scales)
    for (const [n, image] of pool.entries()) {
      const target = (targets[n] ??= small(data.unlabeled[image]!))
      const { pose } = poses.find(target)
      const laid = layOn(atlas, target, size, pose)
      if (holdsAll(laid.labels, atlas.labels) && laid.fit > (fits[n]?.laid.fit ?? -1))
        fits[n] = { image, exemplar, patient: patients[image]!, pose, laid, target }
      await tell(Math.ceil((nth * pool.length + n + 1) / searched.length), all)
    }
  }

  const found = fits.filter((one) => one !== null).sort((a, b) => b.laid.fit - a.laid.fit)
  const best = upTo(each, found).slice(0, mostTried)
  const eligible: (Found & { wayBack: number })[] = []
  for (const [n, one] of best.entries()) {
    const { image, labels } = atlases[one.exemplar]!
    const carried = { image: one.target, labels: one.laid.labels }
    const back = layOn(carried, image, size, search(carried, turns(options.rotation, 7, turnBack), scalesBack).find(image).pose)
    const wayBack = agreement(back.labels, labels)
    if (wayBack >= options.agreement) eligible.push({ ...one, wayBack })
    await tell(pool.length + n + 1, all)
  }
  const patientsOf = (some: readonly Found[]) => new Set(some.map(({ patient }) => patient)).size
  // Of few patients those that fit best, whoever's, for some may fit badly; but no more than half of one's, which are much alike.
  const share = patientsOf(eligible) >= options.entries ? 1 : Math.ceil(options.entries / 2)
  const kept = patientsOf(eligible) < leastEligible ? [] : upTo(share, eligible).slice(0, options.entries)
  const entries = kept.map(({ image, exemplar, patient, pose, laid, wayBack }) => ({
    ...{ image, patient, fit: laid.fit, wayBack, away: 0 },
    labels: data.size === size ? laid.labels : refined(exemplars[exemplar]!, data.unlabeled[image]!, data.size, pose, laid, size),
  }))

  const stacked: BankEntry[] = []
  let done = pool.length + tries
  for (const [k, ways] of along.entries())
    for (const way of ways) {
      const slices = way.map((image) => small(data.unlabeled[image]!))
      const carried = await carryAlong(atlases[k]!, slices, size, options.agreement, () => tell(++done, all))
      for (const [n, { labels, field, fit, wayBack }] of carried.entries())
        stacked.push({
          ...{ image: way[n]!, patient: patients[way[n]!]!, fit, wayBack, away: n + 1 },
          labels: data.size === size ? labels : enlarged(exemplars[k]!.labels, labels, field, size, data.size),
        })
    }
  stacked.sort((a, b) => a.away - b.away)
  // Between two exemplars of one stack the nearer one's labels count.
  const first = stacked.filter(({ image }, n) => stacked.findIndex((other) => other.image === image) === n)
  return {
    entries: [...entries, ...first],
    eligible: patientsOf(eligible),
    tried: patientsOf(best),
    reach: kept.length > 0 ? reachOf(eligible) : null,
  }
}

/** An image on which an exemplar has been laid. */
interface Found {
  image: number
  exemplar: number
  patient: string
  pose: Pose
  laid: Laid
  /** The image at the working size. */
  target: Float32Array
}

function reachOf(found: readonly Found[]): Bank['reach'] {
  const poses = found.map(({ pose }) => turnOf(pose))
  const most = (of: (pose: (typeof poses)[number]) => number) => quantile(Float32Array.from(poses, of), 0.9)
  return { rotation: most(({ rotation }) => Math.abs(rotation)), scale: most(({ scale }) => Math.max(scale, 1 / scale)) }
}

/** The first so many of each patient. */
function upTo<T extends { patient: string }>(most: number, list: readonly T[]): T[] {
  const taken = new Map<string, number>()
  return list.filter(({ patient }) => {
    const count = (taken.get(patient) ?? 0) + 1
    taken.set(patient, count)
    return count <= most
  })
}

/** The labels at the full size: demons once more, from what was found at the working size. */
function refined(atlas: Atlas, image: Float32Array, size: number, pose: Pose, { field }: Laid, from: number): Uint8Array<ArrayBuffer> {
  return layOn(atlas, image, size, scaledPose(pose, size / from), enlargedField(field, from, size)).labels
}

const enlargedField = ([ux, uy]: Laid['field'], from: number, size: number): Laid['field'] => {
  const large = (u: Float32Array) => resized(u, from, size).map((v) => (v * size) / from)
  return [large(ux), large(uy)]
}

/** Labels carried along a stack at the full size, by the field of the working size: demons at the full size were no better. */
function enlarged(labels: Uint8Array, carried: Uint8Array, field: Laid['field'], from: number, size: number): Uint8Array<ArrayBuffer> {
  const kept = new Set(carried)
  return carry(labels, size, identity, enlargedField(field, from, size)).map((l) => (kept.has(l) ? l : unknown))
}

/** Up to `most` of the numbers below `of`, evenly spaced. */
const evenly = (of: number, most: number): number[] => {
  const count = Math.min(of, most)
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * of) / count))
}

/** Up to `most` numbers of images of other patients: the same number of each as far as they go, evenly spaced among his. */
export function spread(patients: readonly string[], own: ReadonlySet<string>, most: number): number[] {
  const of = new Map<string, number[]>()
  for (const [i, patient] of patients.entries()) if (!own.has(patient)) of.set(patient, [...(of.get(patient) ?? []), i])
  let left = most
  // Those with the fewest first, so that what they leave goes to the others.
  const groups = [...of.values()].sort((a, b) => a.length - b.length)
  return groups
    .flatMap((group, n) => {
      const share = Math.min(group.length, Math.floor(left / (groups.length - n)))
      left -= share
      return evenly(group.length, share).map((i) => group[i]!)
    })
    .sort((a, b) => a - b)
}

/** Whether every class of one map is in the other. */
const holdsAll = (labels: Uint8Array, wanted: Uint8Array) => {
  const there = new Set(labels)
  return [...new Set(wanted)].every((l) => l === unknown || there.has(l))
}

/** Mean Dice over the classes of the second map, where both are known. */
function agreement(labels: Uint8Array, truth: Uint8Array): number {
  const known = labels.map((l, i) => (l === unknown || truth[i] === unknown ? 0 : l))
  const of = truth.map((l, i) => (l === unknown || labels[i] === unknown ? 0 : l))
  return meanOf([...new Set(of)].filter((l) => l > 0).map((l) => dice(known, of, l)))
}

/** A square image with another side; smoothed first where it gets smaller. */
function resized(image: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return image
  const ratio = from / to
  const smooth = ratio > 1 ? blur(image, from, ratio / 2) : image
  const place = (n: number) => (n + 0.5) * ratio - 0.5
  return Float32Array.from({ length: to * to }, (_, i) => bilinear(smooth, from, place(i % to), place(Math.floor(i / to))))
}

/** The label in the middle of each pixel of another side. */
function resizedLabels(labels: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return labels
  const place = (n: number) => Math.floor(((n + 0.5) * from) / to)
  return Uint8Array.from({ length: to * to }, (_, i) => labels[place(Math.floor(i / to)) * from + place(i % to)]!)
}
