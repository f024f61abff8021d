/** How the image lies on the canvas. */
import type { Point } from '../../drawing/drawable'

/** Image to CSS pixels of the canvas: screen = image * scale + offset, per axis, because pixels need not be square. */
export interface View {
  scaleX: number
  scaleY: number
  left: number
  top: number
}

export interface Size {
  width: number
  height: number
}

/** Height of a pixel over its width, as drawn; 1 where the file does not say or gives an impossible value. */
export function aspectOf(spacing: [number, number] | null): number {
  const aspect = spacing ? spacing[1] / spacing[0] : 1
  return aspect > 0.01 && aspect < 100 ? aspect : 1
}

/** CSS pixels across one image pixel. */
const largestScale = 64

/** This many CSS pixels of the image always stay in sight. */
const leastShown = 48

/** The whole image, as large as possible, centred. */
export function fit(image: Size, canvas: Size, aspect: number): View {
  const scale = Math.min(canvas.width / image.width, canvas.height / (image.height * aspect))
  const [scaleX, scaleY] = [scale, scale * aspect]
  return { scaleX, scaleY, left: (canvas.width - image.width * scaleX) / 2, top: (canvas.height - image.height * scaleY) / 2 }
}

export const toScreen = ({ scaleX, scaleY, left, top }: View, { x, y }: Point): Point => ({ x: x * scaleX + left, y: y * scaleY + top })

export const toImage = ({ scaleX, scaleY, left, top }: View, { x, y }: Point): Point => ({ x: (x - left) / scaleX, y: (y - top) / scaleY })

function inSight(view: View, image: Size, canvas: Size): View {
  const hold = (offset: number, length: number, room: number) => {
    const least = Math.min(leastShown, length, room)
    return Math.min(room - least, Math.max(least - length, offset))
  }
  return {
    ...view,
    left: hold(view.left, image.width * view.scaleX, canvas.width),
    top: hold(view.top, image.height * view.scaleY, canvas.height),
  }
}

/** The view moved by CSS pixels, but never out of sight. */
export const panned = (view: View, dx: number, dy: number, image: Size, canvas: Size): View =>
  inSight({ ...view, left: view.left + dx, top: view.top + dy }, image, canvas)

/** The view zoomed about `at`, in CSS pixels of the canvas; between half of the fitted scale and 64 to 1. */
export function zoomed(view: View, factor: number, at: Point, image: Size, canvas: Size, aspect: number): View {
  const least = fit(image, canvas, aspect).scaleX / 2
  const scaleX = Math.min(Math.max(largestScale, least), Math.max(least, view.scaleX * factor))
  const by = scaleX / view.scaleX
  const next = {
    scaleX,
    scaleY: view.scaleY * by,
    left: at.x - (at.x - view.left) * by,
    top: at.y - (at.y - view.top) * by,
  }
  return inSight(next, image, canvas)
}
