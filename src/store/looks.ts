/** How each volume was shown in the drawing tools, kept by the browser from visit to visit: by the ids of stacks, never by a name. */
import type { GreyWindow } from '../image/window'
import { finite, listLike, listOf, oneOf, orNull, record, text } from '../lib/shape'

const isLook = record<Look>({
  view: orNull(record({ scaleX: finite, scaleY: finite, left: finite, top: finite })),
  shown: orNull(
    record({ window: record<GreyWindow>({ center: finite, width: finite }), opacity: finite, outlineOnly: oneOf(true, false) }),
  ),
})

export interface Look {
  /** In CSS pixels of the canvas; null as long as all of the image is in sight. */
  view: { scaleX: number; scaleY: number; left: number; top: number } | null
  /** Null until it was shown. */
  shown: { window: GreyWindow; opacity: number; outlineOnly: boolean } | null
}

const place = 'exemplar-lab-looks'

/** Stacks that are remembered; of more, the last. */
const kept = 50

const areLooks = listOf(listLike<[string, Look]>(text, isLook))

/** By stack, the last one at the end. */
let looks: Map<string, Look> | null = null

function known(): Map<string, Look> {
  if (looks) return looks
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    looks = new Map(areLooks(found) ? found : [])
  } catch {
    // Access refused, or not ours: everything is shown as it comes.
    looks = new Map()
  }
  return looks
}

/** How a stack was shown last. What is changed in it holds for this visit, and longer once it is kept. */
export function lookOf(stack: string): Look {
  const look = known().get(stack) ?? { view: null, shown: null }
  known().delete(stack)
  known().set(stack, look)
  return look
}

/** Has the browser keep how stacks are shown. */
export function keepLooks(): void {
  try {
    localStorage.setItem(place, JSON.stringify([...known()].slice(-kept)))
  } catch {
    // They hold for this visit.
  }
}

/** Forgets how everything was shown. */
export function forgetLooks(): void {
  looks = null
  try {
    localStorage.removeItem(place)
  } catch {
    // Nothing is there.
  }
}
