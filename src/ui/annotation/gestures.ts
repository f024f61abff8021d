/** What pointers do wherever an image is looked at: where they are, how far they turn, pinch and drag. */
import type { Point } from '../../drawing/drawable'
import type { GreyWindow } from '../../image/window'

/** Where an arrow key points. */
export const arrows: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** In CSS pixels of the canvas. */
export function placeOn(canvas: HTMLCanvasElement, { clientX, clientY }: MouseEvent): Point {
  const { left, top } = canvas.getBoundingClientRect()
  return { x: clientX - left, y: clientY - top }
}

/** The canvas hears of the pointer until it goes up, wherever it is. */
export function capture(canvas: HTMLCanvasElement, { pointerId }: PointerEvent): void {
  try {
    canvas.setPointerCapture(pointerId)
  } catch {
    // The pointer has already gone, or a script made it up.
  }
}

/** How far a wheel turned, in CSS pixels. */
export const turnOf = ({ deltaMode, deltaX, deltaY }: WheelEvent): number =>
  (deltaY || deltaX) * (deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1)

/** One of two fingers moves: what it enlarges by, about which place, and how far it then moves the image. */
export function pinched(fingers: Map<number, Point>, id: number, to: Point): { factor: number; middle: Point; dx: number; dy: number } {
  const from = fingers.get(id)!
  const other = [...fingers].find(([key]) => key !== id)![1]
  fingers.set(id, to)
  const apart = (a: Point, b: Point) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
  return {
    factor: apart(to, other) / apart(from, other),
    middle: { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 },
    dx: (to.x - from.x) / 2,
    dy: (to.y - from.y) / 2,
  }
}

/** A window dragged by CSS pixels: 250 to the right are a factor e of width, 250 down a whole width of level. */
export const dragged = ({ center, width }: GreyWindow, dx: number, dy: number): GreyWindow => ({
  center: center + (dy / 250) * width,
  width: width * Math.exp(dx / 250),
})
