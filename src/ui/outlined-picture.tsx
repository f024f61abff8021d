import { useEffect, useRef } from 'react'
import { outlineOf } from '../image/outlines'
import type { Palette } from '../image/palette'
import { forgetPaint, paintSoon } from './paint-queue'
import { paintLabels } from './painters'

interface Props {
  grey: Uint8Array<ArrayBuffer>
  labels: Uint8Array<ArrayBuffer>
  size: number
  palette: Palette
  /** Side of the canvas in its own pixels, about twice its side on the page. */
  side: number
}

/**
 * An image with its mask: a light tint, and an outline in the class's colour between a dark and a light line. On mid grey anatomy colour
 * alone has too little contrast to be seen by everyone.
 */
export function OutlinedPicture({ grey, labels, size, palette, side }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const whole = Math.max(1, Math.round(side / size)) * size
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    paintSoon(element, () => draw(context, grey, labels, size, palette, whole))
    return () => forgetPaint(element)
  }, [grey, labels, size, palette, whole])
  return <canvas ref={canvas} width={whole} height={whole} />
}

function draw(context: CanvasRenderingContext2D, grey: Uint8Array, labels: Uint8Array, size: number, palette: Palette, side: number): void {
  const image = new ImageData(size, size)
  paintLabels(image, grey, labels, palette, 0.22)
  const small = smallCanvas(size)
  small.putImageData(image, 0, 0)
  context.imageSmoothingEnabled = false
  context.drawImage(small.canvas, 0, 0, side, side)
  context.lineCap = 'square'
  const scale = side / size
  const paths = palette.map((_, index) => (index === 0 ? null : pathOf(outlineOf(labels, size, size, index), scale)))
  const stroke = (width: number, style: (index: number) => string) =>
    paths.forEach((path, index) => {
      if (!path) return
      context.lineWidth = width
      context.strokeStyle = style(index)
      context.stroke(path)
    })
  const unit = side / 256
  stroke(5 * unit, () => 'rgb(0 0 0 / 85%)')
  stroke(3 * unit, () => 'white')
  stroke(2 * unit, (index) => `rgb(${palette[index]!.join(' ')})`)
}

function pathOf(runs: number[], scale: number): Path2D {
  const path = new Path2D()
  for (let i = 0; i < runs.length; i += 4) {
    path.moveTo(runs[i]! * scale, runs[i + 1]! * scale)
    path.lineTo(runs[i + 2]! * scale, runs[i + 3]! * scale)
  }
  return path
}

let shared: OffscreenCanvasRenderingContext2D | null = null

/** putImageData cannot scale, drawImage can: pictures pass through one small canvas. */
function smallCanvas(size: number): OffscreenCanvasRenderingContext2D {
  if (!shared || shared.canvas.width !== size) shared = new OffscreenCanvas(size, size).getContext('2d')!
  return shared
}
