/** The newest pictures. They change several times a second, so canvases subscribe to them and React does not render for them. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { LiveViews, Predictions } from '../worker/protocol'

export interface Latest {
  /** What the diagram shows: the newest, unless they are held back or those of an earlier step are shown. */
  views: LiveViews | null
  predictions: Predictions | null
}

const nothing: Latest = { views: null, predictions: null }

export const latest = createStore<Latest>(() => nothing)

/** For what changes rarely, such as whether there is a view at all. */
export const useLatest = <T>(select: (state: Latest) => T): T => useStore(latest, select)

/** The newest views that have come. */
let newest: LiveViews | null = null
/** Whether what comes is held back. */
let held = false
/** Those of an earlier step, if they are shown. */
let past: LiveViews | null = null

const show = () => latest.setState({ views: past ?? newest })

/** Shows the newest views, unless they are held back or an earlier step is shown. */
export function takeViews(views: LiveViews): void {
  newest = views
  if (!held && !past) show()
}

/** From now on the pictures stay as they are. */
export const holdViews = (): void => {
  held = true
}

/** Shows what came meanwhile, and all that comes. */
export function releaseViews(): void {
  held = false
  show()
}

/** Shows the pictures of an earlier step; null: the newest again. */
export function showPast(views: LiveViews | null): void {
  past = views
  show()
}

export function forgetPictures(): void {
  newest = past = null
  latest.setState(nothing)
}
