/** All pictures as the networks see them, by id. Each comes once, so they are kept apart from the data set's summary. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Event, PictureId } from '../worker/protocol'

export interface Thumbnail {
  size: number
  /** Grey 0..255, row-major, size x size. */
  pixels: Uint8Array<ArrayBuffer>
  /** Class per pixel, 255 unknown; null if not annotated. */
  labels: Uint8Array<ArrayBuffer> | null
}

type Thumbnails = Record<PictureId, Thumbnail>

export const thumbnails = createStore<Thumbnails>(() => ({}))

export const useThumbnail = (id: PictureId | undefined): Thumbnail | undefined =>
  useStore(thumbnails, (all) => (id === undefined ? undefined : all[id]))

export const forgetThumbnails = () => thumbnails.setState({}, true)

export function takeThumbnails({ size, pixels, labels, gone }: Pick<Event<'thumbnails'>, 'size' | 'pixels' | 'labels' | 'gone'>): void {
  const all = { ...thumbnails.getState() }
  for (const id of gone) delete all[id]
  for (const [id, values] of pixels) all[id] = { size, pixels: values, labels: null }
  for (const [id, values] of labels) all[id] = { ...all[id]!, labels: values }
  thumbnails.setState(all, true)
}
