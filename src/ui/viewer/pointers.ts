/** What mouse, pen and fingers do on the open image: turn slices, change the window, zoom and move. */
import type { Point } from '../../drawing/drawable'
import type { GreyWindow } from '../../image/window'
import { look, scrollSlices, setWindow, viewer } from '../../store/viewer'
import type { ViewedPicture } from '../../worker/protocol'
import { aspectOf, panned, toImage, zoomed, type Size, type View } from '../annotation/view'
import { zoomOf } from './zoom'

/** How the image lies on the canvas now. */
export interface Sight {
  picture: ViewedPicture
  window: GreyWindow
  size: Size
  view: View
}

/** By CSS pixels: 250 to the right are a factor e of width, 250 down a whole width of level, as in the editor. */
const shifted = ({ center, width }: GreyWindow, dx: number, dy: number): GreyWindow => ({
  center: center + (dy / 250) * width,
  width: width * Math.exp(dx / 250),
})

const lookFrom = (view: View, { picture, size }: Sight) => look({ zoom: zoomOf(view, picture, size) })

/** Zooms about a place in CSS pixels of the canvas, by default its middle. */
export function zoomBy(factor: number, sight: Sight, at: Point = { x: sight.size.width / 2, y: sight.size.height / 2 }): void {
  const { view, picture, size } = sight
  lookFrom(zoomed(view, factor, at, picture, size, aspectOf(picture.spacing)), sight)
}

/** Moves the image by CSS pixels. */
const moveBy = (dx: number, dy: number, sight: Sight) => lookFrom(panned(sight.view, dx, dy, sight.picture, sight.size), sight)

/** Where arrow keys point. */
export const arrows: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** CSS pixels that an arrow moves an enlarged image by. */
const stride = 60

/** Shows more of the image in the direction of an arrow. */
export const seeMore = ({ x, y }: Point, sight: Sight) => moveBy(-x * stride, -y * stride, sight)

/** A wheel turns one slice for so many CSS pixels; a notch of most mice is 100 or 120. */
const notch = 50

type Drag = { kind: 'move'; last: Point } | { kind: 'window'; from: Point; window: GreyWindow }

/**
 * Follows them until the signal aborts.
 * @param sightOf null until an image is there
 * @param hover told where the pointer is in the image, null when it leaves
 */
export function followPointers(
  canvas: HTMLCanvasElement,
  sightOf: () => Sight | null,
  hover: (at: Point | null) => void,
  signal: AbortSignal,
): void {
  let drag: Drag | null = null
  /** Fingers on the canvas; two of them zoom and move. */
  const fingers = new Map<number, Point>()
  let turned = 0

  const placeOf = (event: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  const down = (event: PointerEvent) => {
    const sight = sightOf()
    if (!sight) return
    const at = placeOf(event)
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, at)
      if (fingers.size > 1) {
        drag = null
        return
      }
    }
    if (drag) return
    try {
      canvas.setPointerCapture(event.pointerId)
    } catch {
      // The pointer has already gone, or a script made it up.
    }
    const main = viewer.getState().drag
    const moves = event.button === 1 || (event.button === 0 && (event.shiftKey ? main === 'window' : main === 'move'))
    // The middle button would scroll.
    if (event.button === 1) event.preventDefault()
    drag = moves ? { kind: 'move', last: at } : { kind: 'window', from: at, window: sight.window }
  }

  const pinch = (id: number, to: Point, sight: Sight) => {
    const from = fingers.get(id)!
    const other = [...fingers].find(([key]) => key !== id)![1]
    fingers.set(id, to)
    const apart = (a: Point, b: Point) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
    const { picture, size } = sight
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 }
    const view = zoomed(sight.view, apart(to, other) / apart(from, other), middle, picture, size, aspectOf(picture.spacing))
    lookFrom(panned(view, (to.x - from.x) / 2, (to.y - from.y) / 2, picture, size), sight)
  }

  const move = (event: PointerEvent) => {
    const sight = sightOf()
    if (!sight) return
    const at = placeOf(event)
    if (fingers.has(event.pointerId)) {
      if (fingers.size > 1) return pinch(event.pointerId, at, sight)
      fingers.set(event.pointerId, at)
    }
    if (drag?.kind === 'move') {
      moveBy(at.x - drag.last.x, at.y - drag.last.y, sight)
      drag.last = at
    } else if (drag) setWindow(sight.picture.id, shifted(drag.window, at.x - drag.from.x, at.y - drag.from.y))
    hover(toImage(sight.view, at))
  }

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId)
    drag = null
  }

  const wheel = (event: WheelEvent) => {
    event.preventDefault()
    const sight = sightOf()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1
    const delta = (event.deltaY || event.deltaX) * lines
    if (!sight || delta === 0) return
    // A pinch on a touch pad comes as a wheel with Ctrl, in small steps.
    if (event.ctrlKey || event.metaKey) return zoomBy(Math.exp(-delta * (Math.abs(delta) < 20 ? 0.01 : 0.002)), sight, placeOf(event))
    if (Math.sign(delta) !== Math.sign(turned)) turned = 0
    turned += delta
    const steps = Math.trunc(turned / notch)
    turned -= steps * notch
    // A notch is one slice, however far it turns.
    if (steps !== 0) scrollSlices(Math.abs(delta) >= notch ? Math.sign(steps) : steps)
  }

  canvas.addEventListener('pointerdown', down, { signal })
  canvas.addEventListener('pointermove', move, { signal })
  canvas.addEventListener('pointerup', up, { signal })
  canvas.addEventListener('pointercancel', up, { signal })
  canvas.addEventListener('pointerleave', () => hover(null), { signal })
  canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
  canvas.addEventListener('wheel', wheel, { signal, passive: false })
}
