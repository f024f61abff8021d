/** The newest pictures. They change several times a second, so canvases subscribe to them and React does not render for them. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { LiveViews, Predictions } from '../worker/protocol'

export interface Latest {
  views: LiveViews | null
  predictions: Predictions | null
}

const nothing: Latest = { views: null, predictions: null }

export const latest = createStore<Latest>(() => nothing)

/** For what changes rarely, such as whether there is a view at all. */
export const useLatest = <T>(select: (state: Latest) => T): T => useStore(latest, select)

/** The newest views that came while they are held back; null if none has come, undefined if they are not held back. */
let held: LiveViews | null | undefined

/** Shows the newest views, unless they are held back. */
export function takeViews(views: LiveViews): void {
  if (held === undefined) latest.setState({ views })
  else held = views
}

/** From now on the pictures stay as they are. */
export const holdViews = (): void => {
  held ??= null
}

/** Shows what came meanwhile, and all that comes. */
export function releaseViews(): void {
  const views = held
  held = undefined
  if (views) latest.setState({ views })
}

export function forgetPictures(): void {
  if (held) held = null
  latest.setState(nothing)
}
