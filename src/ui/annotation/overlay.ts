/** What lies over the image and changes with every move: the corners of a polygon, the ring of a brush, the cross-hair. */
import { snap } from '../../drawing/brush'
import type { Point } from '../../drawing/drawable'
import { labelOf } from '../../drawing/drawing'
import type { EditorState } from '../../drawing/editor'
import { strokeCased } from '../cased-lines'
import { boxBetween } from '../../drawing/shapes'
import { toScreen, type View } from './view'

/**
 * Paints all of it anew.
 * @param ratio device pixels per CSS pixel
 * @param preview outline of what a flood would change, in pixels of the image
 * @param at where the tool is, in pixels of the image; null where it is nowhere
 * @param cross whether the cross-hair of the keyboard is shown there
 */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  { tool, size, points, wire, lead, shape, active, drawing }: EditorState,
  preview: Path2D | null,
  at: Point | null,
  cross: boolean,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.lineJoin = 'round'
  const color = tool === 'eraser' ? '#ffffff' : (labelOf(drawing, active)?.color ?? '#ffffff')
  const cased = (path: Path2D, width: number) => strokeCased(context, [{ path, color }], width)

  if (preview) {
    const path = new Path2D()
    path.addPath(preview, { a: view.scaleX, d: view.scaleY, e: view.left, f: view.top })
    cased(path, 1)
  }
  if (shape) {
    const box = boxBetween(shape.from, shape.to)
    const low = toScreen(view, box)
    const [w, h] = [box.width * view.scaleX, box.height * view.scaleY]
    const path = new Path2D()
    if (tool === 'ellipse') path.ellipse(low.x + w / 2, low.y + h / 2, w / 2, h / 2, 0, 0, 2 * Math.PI)
    else path.rect(low.x, low.y, w, h)
    cased(path, 1.5)
  }
  if (points.length > 0) {
    const path = new Path2D()
    const corners = points.map((point) => toScreen(view, tool === 'livewire' ? { x: Math.round(point.x), y: Math.round(point.y) } : point))
    const along = tool === 'livewire' ? [...wire, ...lead].map((point) => toScreen(view, point)) : corners
    along.forEach(({ x, y }, k) => (k === 0 ? path.moveTo(x, y) : path.lineTo(x, y)))
    if (at && tool !== 'livewire') {
      const { x, y } = toScreen(view, at)
      path.lineTo(x, y)
    }
    cased(path, 1.5)
    corners.forEach(({ x, y }, k) => {
      const dot = new Path2D()
      dot.arc(x, y, k === 0 && points.length > (tool === 'livewire' ? 1 : 2) ? 6 : 3.5, 0, 2 * Math.PI)
      context.fillStyle = color
      context.fill(dot)
      cased(dot, 1)
    })
  }
  if (at && ['brush', 'eraser', 'threshold'].includes(tool)) {
    const middle = toScreen(view, snap(at, size))
    const ring = new Path2D()
    ring.ellipse(middle.x, middle.y, (size / 2) * view.scaleX, (size / 2) * view.scaleY, 0, 0, 2 * Math.PI)
    cased(ring, 1)
  }
  if (at && cross) {
    const { x, y } = toScreen(view, at)
    const gap = 4 + Math.max(view.scaleX, view.scaleY) / 2
    const arms = new Path2D()
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      arms.moveTo(x + dx * gap, y + dy * gap)
      arms.lineTo(x + dx * (gap + 14), y + dy * (gap + 14))
    }
    cased(arms, 1)
  }
}
