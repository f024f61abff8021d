/** How an enlargement, which is kept from image to image, becomes a view of one image on the canvas, and back. */
import type { Zoom } from '../../store/viewer'
import { aspectOf, fit, type Size, type View } from '../annotation/view'

/** The picture's size, and that of its pixels. */
export interface Sized extends Size {
  spacing: [number, number] | null
}

/** Where an image lies on a canvas. */
export function viewOf({ factor, x, y }: Zoom, picture: Sized, canvas: Size): View {
  const whole = fit(picture, canvas, aspectOf(picture.spacing))
  const [scaleX, scaleY] = [whole.scaleX * factor, whole.scaleY * factor]
  return {
    ...{ scaleX, scaleY },
    left: canvas.width / 2 - x * picture.width * scaleX,
    top: canvas.height / 2 - y * picture.height * scaleY,
  }
}

/** The enlargement that gives a view: the inverse of `viewOf`. */
export function zoomOf({ scaleX, scaleY, left, top }: View, picture: Sized, canvas: Size): Zoom {
  const whole = fit(picture, canvas, aspectOf(picture.spacing))
  return {
    factor: scaleX / whole.scaleX,
    x: (canvas.width / 2 - left) / scaleX / picture.width,
    y: (canvas.height / 2 - top) / scaleY / picture.height,
  }
}
