/** What mouse, pen and fingers do on the open image: turn slices, change the window, zoom and move. */
import type { Point } from '../../drawing/drawable'
import type { GreyWindow } from '../../image/window'
import { look, scrollSlices, setWindow, viewer } from '../../store/viewer'
import type { ViewedPicture } from '../../worker/protocol'
import { capture, dragged, pinched, placeOn, turnOf } from '../annotation/gestures'
import { aspectOf, panned, toImage, zoomed, type Size, type View } from '../annotation/view'
import { zoomOf } from './zoom'

/** How the image lies on the canvas now. */
export interface Sight {
  picture: ViewedPicture
  window: GreyWindow
  size: Size
  view: View
}

const lookFrom = (view: View, { picture, size }: Sight) => look({ zoom: zoomOf(view, picture, size) })

/** Zooms about a place in CSS pixels of the canvas, by default its middle. */
export function zoomBy(factor: number, sight: Sight, at: Point = { x: sight.size.width / 2, y: sight.size.height / 2 }): void {
  const { view, picture, size } = sight
  lookFrom(zoomed(view, factor, at, picture, size, aspectOf(picture.spacing)), sight)
}

/** Moves the image by CSS pixels. */
const moveBy = (dx: number, dy: number, sight: Sight) => lookFrom(panned(sight.view, dx, dy, sight.picture, sight.size), sight)

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

  const down = (event: PointerEvent) => {
    const sight = sightOf()
    if (!sight) return
    const at = placeOn(canvas, event)
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, at)
      if (fingers.size > 1) {
        drag = null
        return
      }
    }
    if (drag) return
    capture(canvas, event)
    const main = viewer.getState().drag
    const moves = event.button === 1 || (event.button === 0 && (event.shiftKey ? main === 'window' : main === 'move'))
    // The middle button would scroll.
    if (event.button === 1) event.preventDefault()
    drag = moves ? { kind: 'move', last: at } : { kind: 'window', from: at, window: sight.window }
  }

  const pinch = (id: number, to: Point, sight: Sight) => {
    const { factor, middle, dx, dy } = pinched(fingers, id, to)
    const { picture, size } = sight
    const view = zoomed(sight.view, factor, middle, picture, size, aspectOf(picture.spacing))
    lookFrom(panned(view, dx, dy, picture, size), sight)
  }

  const move = (event: PointerEvent) => {
    const sight = sightOf()
    if (!sight) return
    const at = placeOn(canvas, event)
    if (fingers.has(event.pointerId)) {
      if (fingers.size > 1) return pinch(event.pointerId, at, sight)
      fingers.set(event.pointerId, at)
    }
    if (drag?.kind === 'move') {
      moveBy(at.x - drag.last.x, at.y - drag.last.y, sight)
      drag.last = at
    } else if (drag) setWindow(sight.picture.id, dragged(drag.window, at.x - drag.from.x, at.y - drag.from.y))
    hover(toImage(sight.view, at))
  }

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId)
    drag = null
  }

  const wheel = (event: WheelEvent) => {
    event.preventDefault()
    const sight = sightOf()
    const delta = turnOf(event)
    if (!sight || delta === 0) return
    // A pinch on a touch pad comes as a wheel with Ctrl, in small steps.
    if (event.ctrlKey || event.metaKey)
      return zoomBy(Math.exp(-delta * (Math.abs(delta) < 20 ? 0.01 : 0.002)), sight, placeOn(canvas, event))
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
