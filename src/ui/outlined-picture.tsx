import { useCallback } from 'react'
import type { Palette } from '../image/palette'
import { outlinesOf, strokeCased } from './cased-lines'
import { paintGrey, tintLabels } from './painters'
import { usePainted } from './use-painted'

interface Props {
  grey: Uint8Array<ArrayBuffer>
  labels: Uint8Array<ArrayBuffer>
  size: number
  palette: Palette
  /** Side of the canvas in canvas pixels, about twice its side on the page. */
  side: number
}

/** A square image with its mask: a light tint, and the outline of each class. */
export function OutlinedPicture({ grey, labels, size, palette, side }: Props) {
  const scale = Math.max(1, Math.round(side / size))
  const whole = scale * size
  const paint = useCallback(
    (context: CanvasRenderingContext2D) => {
      const image = new ImageData(size, size)
      paintGrey(image, grey)
      drawOutlined(context, image, { labels, palette, scale, unit: whole / 256 })
    },
    [grey, labels, size, palette, scale, whole],
  )
  const canvas = usePainted(paint)
  return <canvas className="outlined" ref={canvas} width={whole} height={whole} />
}

/** How the classes are shown over an image. */
interface Outlined {
  labels: Uint8Array
  palette: Palette
  /** Canvas pixels per pixel of the image. */
  scale: number
  /** Of the widths of lines, in canvas pixels. */
  unit: number
  /** Opacity of the tint, 0..1. */
  alpha?: number
}

/** Draws a painted image, enlarged by a whole number so that its pixels stay squares, with the tint and the outlines of its classes. */
export function drawOutlined(
  context: CanvasRenderingContext2D,
  image: ImageData,
  { labels, palette, scale, unit, alpha = 0.22 }: Outlined,
): void {
  const { width, height } = image
  tintLabels(image, labels, palette, alpha)
  const small = smallCanvas(width, height)
  small.putImageData(image, 0, 0)
  context.imageSmoothingEnabled = false
  context.drawImage(small.canvas, 0, 0, width * scale, height * scale)
  context.lineCap = 'square'
  strokeCased(context, outlinesOf(labels, width, height, palette, scale), 2, unit)
}

let shared: OffscreenCanvasRenderingContext2D | null = null

/** putImageData cannot scale, drawImage can: pictures pass through one small canvas. */
function smallCanvas(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (shared?.canvas.width !== width || shared.canvas.height !== height) shared = new OffscreenCanvas(width, height).getContext('2d')!
  return shared
}
