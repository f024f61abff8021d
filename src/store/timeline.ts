/** The timeline of a run: what is kept of its pictures, and the step that the page shows. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { LabelClass } from '../image/raster'
import type { SeenLabels } from '../timeline/live-views'
import { labelsIn, viewsIn, type Snapshot } from '../timeline/snapshot'
import { nearestTo, withSnapshot, type Recording } from '../timeline/timeline'
import type { LiveViews, PictureId } from '../worker/protocol'
import { restAt } from './chart-view'
import { showPast, takeViews } from './latest'
import { pageStore } from './page-store'
import { thumbnails } from './thumbnails'

export interface Timeline {
  /** In the order of their steps. */
  snapshots: readonly Snapshot[]
  /** Side of their pictures. */
  size: number
  /** The one that is shown; null for now. */
  at: Snapshot | null
  /** What a run that is shown or continued brought along. */
  recording: Pick<Recording, 'classes' | 'pictures'> | null
  /** Whether there is nothing but what was recorded. */
  replay: boolean
  /** Whether it moves by itself. */
  playing: boolean
}

const empty: Timeline = { snapshots: [], size: 0, at: null, recording: null, replay: false, playing: false }

export const timelines = createStore<Timeline>(() => empty)
export const useTimeline = <T>(select: (state: Timeline) => T): T => useStore(timelines, select)

/** Keeps what has just been looked at, as the worker does. */
export function keepSnapshot({ size }: LiveViews, snapshot: Snapshot): void {
  const { snapshots } = timelines.getState()
  // The run went back, and what is shown may no longer be of it.
  if (snapshots.length > 0 && snapshot.step < snapshots.at(-1)!.step) goLive()
  timelines.setState({ snapshots: withSnapshot(snapshots, snapshot), size, replay: false })
}

/** Shows what was recorded, from its end. */
export function takeRecording({ size, classes, pictures, snapshots }: Recording): void {
  timelines.setState({ ...empty, snapshots, size, recording: { classes, pictures }, replay: true })
  const last = snapshots.at(-1)
  if (last) takeViews(viewsOf(last))
}

export function forgetTimeline(): void {
  stopPlaying()
  timelines.setState(empty)
  restAt(null)
}

/** What an image is called here. */
export const nameOf = (image: PictureId): string =>
  pageStore.getState().dataset?.unlabeled.find(({ id }) => id === image)?.name ??
  timelines.getState().recording?.pictures.find(({ id }) => id === image)?.name ??
  ''

/** An image as the networks see it; null where it is not at hand. */
export const greyOf = (image: PictureId): Uint8Array<ArrayBuffer> | null =>
  thumbnails.getState()[image]?.pixels ?? timelines.getState().recording?.pictures.find(({ id }) => id === image)?.grey ?? null

/** The classes of the data set, or of what was recorded where there is none. */
export function classesHere(): readonly LabelClass[] {
  const own = pageStore.getState().dataset?.classes ?? []
  return own.length > 0 ? own : (timelines.getState().recording?.classes ?? [])
}

const viewsOf = (snapshot: Snapshot): LiveViews => viewsIn(snapshot, timelines.getState().size, nameOf)

/** Each unpacked once: drift is told from all of them. */
const unpacked = new WeakMap<Uint8Array, SeenLabels[]>()

/** How the networks labelled images as they are. */
export function labelsOf(snapshot: Snapshot): SeenLabels[] {
  let labels = unpacked.get(snapshot.labels)
  if (!labels) unpacked.set(snapshot.labels, (labels = labelsIn(snapshot, timelines.getState().size)))
  return labels
}

/** Shows the kept step nearest to this one: pictures, the numbers of the diagram, and the charts' cursor. */
export function goTo(step: number): void {
  const { snapshots, at } = timelines.getState()
  const next = snapshots[nearestTo(snapshots, step)]
  if (!next || next === at) return
  showPast(viewsOf(next))
  restAt(next.step)
  timelines.setState({ at: next })
}

/** Shows a kept step so many before or after the one that is shown; past the newest, now. */
export function goBy(count: number): void {
  const { snapshots, at, replay } = timelines.getState()
  const from = at ? nearestTo(snapshots, at.step) : snapshots.length - (replay ? 1 : 0)
  const to = Math.max(0, from + count)
  if (to >= snapshots.length) goLive()
  else goTo(snapshots[to]!.step)
}

/** Returns to now, or to the end of what was recorded. */
export function goLive(): void {
  stopPlaying()
  if (timelines.getState().at === null) return
  timelines.setState({ at: null })
  restAt(null)
  showPast(null)
}

/** Milliseconds that a kept step is shown for. */
const pace = 150
let timer: ReturnType<typeof setInterval> | undefined

/** Shows one kept step after another, from the beginning where it stands at the end. */
export function play(): void {
  stopPlaying()
  const { snapshots, at } = timelines.getState()
  if (snapshots.length < 2) return
  if (!at || at === snapshots.at(-1)) goTo(snapshots[0]!.step)
  timelines.setState({ playing: true })
  timer = setInterval(() => goBy(1), pace)
}

export function stopPlaying(): void {
  clearInterval(timer)
  if (timelines.getState().playing) timelines.setState({ playing: false })
}
