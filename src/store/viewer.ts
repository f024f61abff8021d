/** The image that is open large: which, how it is shown, and where it leads. It changes with every move of a drag, so it has a store of its own. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { GreyWindow } from '../image/window'
import type { DatasetSummary, LoggedRun, MaskName, PictureId, ViewedPicture } from '../worker/protocol'
import { openEditor } from './commands'
import { ask } from './connection'
import { pageStore } from './page-store'
import { sourceOf, stackOf } from './stack'

/** What lies over the image. */
export type LayerName = 'image' | MaskName | 'disagreement' | 'probability'

/** How far the image is enlarged beyond fitting, and the place in the middle, in shares of width and height. */
export interface Zoom {
  factor: number
  x: number
  y: number
}

export const fitted: Zoom = { factor: 1, x: 0.5, y: 0.5 }

export interface Viewer {
  /** Which image is asked for; null while the viewer is closed. */
  picture: PictureId | null
  /** The images that "previous" and "next" lead through, in their order. */
  among: readonly PictureId[]
  /** The last image that came: the one before, until the one asked for is there. */
  shown: ViewedPicture | null
  /** Two runs whose masks of the image are compared; null for the run at hand alone. */
  runs: readonly [LoggedRun, LoggedRun] | null
  /** Their masks of `shown`; null where one has none. */
  compared: readonly (Uint8Array<ArrayBuffer> | null)[] | null
  /** The wanted layer; an image may lack it. */
  layer: LayerName
  /** Whose probability is shown. */
  class: number
  /** Of the tint, 0..1. */
  opacity: number
  outlines: boolean
  /** What a drag of the main button or of one finger does. */
  drag: 'window' | 'move'
  zoom: Zoom
  /** Chosen windows by volume; others follow their files. */
  windows: Readonly<Record<string, GreyWindow>>
}

const closed: Viewer = {
  picture: null,
  among: [],
  shown: null,
  runs: null,
  compared: null,
  layer: 'mean',
  class: 1,
  opacity: 0.35,
  outlines: true,
  drag: 'window',
  zoom: fitted,
  windows: {},
}

export const viewer = createStore<Viewer>(() => closed)

export const useViewer = <T>(select: (state: Viewer) => T): T => useStore(viewer, select)

/** Opens an image large. @param among the list that it was chosen from */
export function view(picture: PictureId, among: readonly PictureId[] = [picture]): void {
  viewer.setState({ picture, among, shown: null, zoom: fitted, runs: null, compared: null })
  void refreshView()
}

/** The same, with the masks that two runs have of it. */
export function compareIn(runs: readonly [LoggedRun, LoggedRun], picture: PictureId, among: readonly PictureId[]): void {
  viewer.setState({ picture, among, shown: null, zoom: fitted, runs, compared: null })
  void refreshView()
}

/** Shows the masks of the run at hand again. */
export const leaveComparison = () => viewer.setState({ runs: null, compared: null })

/** How things are shown stays for the next image that is opened. */
export const closeViewer = () => viewer.setState({ picture: null, among: [], shown: null, runs: null, compared: null })

export const look = (how: Partial<Pick<Viewer, 'layer' | 'class' | 'opacity' | 'outlines' | 'drag' | 'zoom'>>) => viewer.setState(how)

/** Shows a volume by another window; null follows its file. */
export function setWindow(picture: PictureId, window: GreyWindow | null): void {
  const source = sourceOf(picture)
  const windows = Object.fromEntries(Object.entries(viewer.getState().windows).filter(([other]) => other !== source))
  viewer.setState({ windows: window ? { ...windows, [source]: window } : windows })
}

/** All images of a data set, those that are only segmented among the unlabelled ones. */
export const imagesOf = ({ unlabeled, further, exemplars }: DatasetSummary) => ({ unlabeled: [...unlabeled, ...further.images], exemplars })

/** An image of a data set; undefined if it has none of this id. */
export function imageOf(dataset: DatasetSummary, picture: PictureId): { id: PictureId; name: string } | undefined {
  const { unlabeled, exemplars } = imagesOf(dataset)
  return [...unlabeled, ...exemplars].find(({ id }) => id === picture)
}

/** Turns to another image, and leaves everything else as it is. */
export function turnTo(picture: PictureId | undefined): void {
  if (picture === undefined || picture === viewer.getState().picture) return
  viewer.setState({ picture })
  void refreshView()
}

/** The image so many places further in a list; itself at the ends. */
const along = (ids: readonly PictureId[], picture: PictureId, by: number): PictureId | undefined =>
  ids[Math.min(ids.length - 1, Math.max(0, ids.indexOf(picture) + by))]

/** Turns to another image of the list that the viewer was opened from. */
export function leaf(by: number): void {
  const { picture, among } = viewer.getState()
  if (picture) turnTo(along(among, picture, by))
}

/** Turns to another slice of the volume. */
export function scrollSlices(by: number): void {
  const { picture } = viewer.getState()
  const { dataset } = pageStore.getState()
  if (!picture || !dataset) return
  const slices = stackOf(imagesOf(dataset), picture).map(({ id }) => id)
  turnTo(along(slices, picture, by))
}

/** Opens the drawing tools on the image. Afterwards the viewer shows the slice that was drawn on last. */
export async function draw(picture: PictureId): Promise<void> {
  const last = await openEditor(picture)
  if (viewer.getState().picture === picture) turnTo(last)
}

let asking = false

/**
 * Asks for the image anew: it is another one, or its masks have changed. One request at a time: whoever scrolls fast sees some of the slices, and
 * at the end the last.
 */
export async function refreshView(): Promise<void> {
  if (asking) {
    stale = true
    return
  }
  asking = true
  do {
    stale = false
    const { picture, runs } = viewer.getState()
    if (!picture) break
    const [shown, compared = null] = await Promise.all([
      ask('view-picture', { picture }),
      runs ? ask('logged-masks', { picture, ids: runs.map(({ id }) => id) }) : null,
    ])
    const now = viewer.getState().picture
    // It may have been closed meanwhile; a failure is told on the page.
    if (now === null) break
    if (shown) viewer.setState({ shown, compared })
    else if (now === picture) closeViewer()
  } while (stale)
  asking = false
}

/** Whether what is being asked for is no longer what is wanted. */
let stale = false

/** Pixels of each class in a mask of several images; see the request. */
export const measureMasks = (pictures: PictureId[], mask: MaskName) => ask('measure-masks', { pictures, mask })
