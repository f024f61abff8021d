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

export const forgetPictures = () => latest.setState(nothing)
