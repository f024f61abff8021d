/** Which snapshots of a run are kept: all of them until they are too many bytes, then fewer, densest where labels change fastest. */
import type { PictureId } from '../image/picture-id'
import type { LabelClass } from '../image/raster'
import type { Snapshot } from './snapshot'

/** A timeline with what is needed to show it where the images of the run are not. */
export interface Recording {
  /** Side of all pictures. */
  size: number
  /** Background first. */
  classes: LabelClass[]
  /** The images that the snapshots name, as the networks see them: grey 0..255, size x size. */
  pictures: { id: PictureId; name: string; grey: Uint8Array<ArrayBuffer> }[]
  /** In the order of their steps. */
  snapshots: readonly Snapshot[]
}

/** Bytes of memory for the snapshots of a run, in the worker and in the page each, and in the file of the run. */
export const memoryBudget = 8_000_000

/** Bytes that a snapshot takes. */
export const bytesOf = ({ views, labels }: Snapshot): number => views.length + labels.length

export const bytesOfAll = (kept: readonly Snapshot[]): number => kept.reduce((sum, one) => sum + bytesOf(one), 0)

/**
 * The snapshots after one more, in the order of their steps. One of the same step takes its place; where the run went back, those after it go. The same
 * snapshots in the same order give the same list.
 * @param budget bytes that all may take; the first and the newest stay in any case
 */
export function withSnapshot(kept: readonly Snapshot[], next: Snapshot, budget = memoryBudget): Snapshot[] {
  const before = upTo(kept, next.step - 1)
  const replaced = kept.find(({ step }) => step === next.step)
  // What changed on the way to the one that it replaces changed on the way to it.
  const change = before.length === 0 ? 0 : next.change + (replaced?.change ?? 0)
  return thinned([...before, { ...next, change }], budget)
}

/** The snapshots of no later step. */
export const upTo = (kept: readonly Snapshot[], last: number): Snapshot[] => kept.filter(({ step }) => step <= last)

/**
 * Leaves out, one after another, the snapshot whose neighbours are closest to each other, the earliest of equals. How far apart two are is measured half
 * in steps and half in changed labels, each as a share of the whole run's: so every stretch keeps some, and one with twice the change keeps more.
 */
function thinned(all: Snapshot[], budget: number): Snapshot[] {
  const kept = [...all]
  let bytes = bytesOfAll(kept)
  while (bytes > budget && kept.length > 2) {
    const steps = kept.at(-1)!.step - kept[0]!.step
    const changes = kept.slice(1).reduce((sum, { change }) => sum + change, 0)
    const apart = (i: number) =>
      (kept[i + 1]!.step - kept[i - 1]!.step) / steps + (changes > 0 ? (kept[i]!.change + kept[i + 1]!.change) / changes : 0)
    let least = 1
    for (let i = 2; i < kept.length - 1; i++) if (apart(i) < apart(least)) least = i
    const [gone] = kept.splice(least, 1)
    bytes -= bytesOf(gone!)
    kept[least] = { ...kept[least]!, change: kept[least]!.change + gone!.change }
  }
  return kept
}

/** The place in the list of the snapshot nearest to a step, the earlier of two; -1 where there is none. */
export function nearestTo(kept: readonly Snapshot[], step: number): number {
  let nearest = -1
  for (let i = 0; i < kept.length; i++)
    if (nearest < 0 || Math.abs(kept[i]!.step - step) < Math.abs(kept[nearest]!.step - step)) nearest = i
  return nearest
}
