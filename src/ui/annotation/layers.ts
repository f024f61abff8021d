import type { LabelMap, Rect } from '../../image/raster'
import { paintWindow, type GreyWindow } from '../../image/window'
import type { Label } from '../../drawing/drawing'
import { background, unknown, type Drawable } from '../../drawing/drawable'
import { rgbOf, unknownStripes } from '../../image/palette'
import { pathOf, strokeCased } from '../cased-lines'
import { tileOutlines, tileSide } from './outline-tiles'
import type { View } from './view'

/** How the labels are shown over the image. */
export interface Look {
  table: readonly Pick<Label, 'value' | 'color'>[]
  hidden: ReadonlySet<number>
  /** Of the tint, 0..1. */
  opacity: number
  outlineOnly: boolean
  /** False leaves the outlines out. */
  outlined?: boolean
}

/** Width of the outlines' colour in CSS pixels. */
const outline = 1.75

/** A little-endian pixel of an ImageData. */
const packed = (r: number, g: number, b: number): number => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0

const [light, dark] = [packed(...rgbOf(unknownStripes[0])), packed(...rgbOf(unknownStripes[1]))]

class Layer {
  readonly context: OffscreenCanvasRenderingContext2D
  readonly image: ImageData
  readonly pixels: Uint32Array

  constructor(width: number, height: number) {
    this.context = new OffscreenCanvas(width, height).getContext('2d')!
    this.image = new ImageData(width, height)
    this.pixels = new Uint32Array(this.image.data.buffer)
  }

  flush({ x, y, width, height }: Rect): void {
    this.context.putImageData(this.image, 0, 0, x, y, width, height)
  }
}

/** The image in grey, the labels as a tint, and their outlines, each kept so that a stroke costs only what it touches. */
export class Layers {
  readonly #picture: Pick<Drawable, 'pixels'>
  readonly #mask: LabelMap
  readonly #grey: Layer
  readonly #tint: Layer
  /** Outlines of each label per tile, in image coordinates; made when a tile is first painted after a change in it. */
  readonly #tiles = new Map<number, Map<number, Path2D>>()
  readonly #across: number

  constructor(picture: Pick<Drawable, 'pixels'>, mask: LabelMap) {
    this.#picture = picture
    this.#mask = mask
    this.#grey = new Layer(mask.width, mask.height)
    this.#tint = new Layer(mask.width, mask.height)
    this.#across = Math.ceil(mask.width / tileSide)
  }

  get #all(): Rect {
    return { x: 0, y: 0, width: this.#mask.width, height: this.#mask.height }
  }

  setWindow(window: GreyWindow): void {
    paintWindow(this.#grey.image, this.#picture.pixels, window)
    this.#grey.flush(this.#all)
  }

  /** To be called when labels inside the box have changed; with null, when labels anywhere or their colours have. */
  update(box: Rect | null, { table, hidden }: Look): void {
    const colours = new Uint32Array(256)
    for (const { value, color } of table) if (value !== background && !hidden.has(value)) colours[value] = packed(...rgbOf(color))
    const { width, labels } = this.#mask
    const { pixels } = this.#tint
    const area = box ?? this.#all
    for (let y = area.y; y < area.y + area.height; y++)
      for (let x = area.x, i = y * width + x; x < area.x + area.width; x++, i++) {
        const label = labels[i]!
        // Unknown is striped, so that it is not mistaken for a class.
        pixels[i] = label === unknown && colours[unknown] !== 0 ? (((x + y) & 3) < 2 ? light : dark) : colours[label]!
      }
    this.#tint.flush(area)
    if (!box) return this.#tiles.clear()
    // One pixel more: an edge belongs to both tiles that it lies between.
    const grown = { x: Math.max(0, area.x - 1), y: Math.max(0, area.y - 1), width: area.width + 2, height: area.height + 2 }
    for (const tile of this.#tilesIn(grown)) this.#tiles.delete(tile)
  }

  *#tilesIn({ x, y, width, height }: Rect): Generator<number> {
    const bottom = Math.min(y + height, this.#mask.height)
    const right = Math.min(x + width, this.#mask.width)
    for (let row = Math.floor(y / tileSide); row * tileSide < bottom; row++)
      for (let column = Math.floor(x / tileSide); column * tileSide < right; column++) yield row * this.#across + column
  }

  #outlines(tile: number): Map<number, Path2D> {
    const known = this.#tiles.get(tile)
    if (known) return known
    const [x, y] = [(tile % this.#across) * tileSide, Math.floor(tile / this.#across) * tileSide]
    const { width, height } = this.#mask
    const rect = { x, y, width: Math.min(tileSide, width - x), height: Math.min(tileSide, height - y) }
    const paths = new Map([...tileOutlines(this.#mask, rect)].map(([label, runs]) => [label, pathOf(runs)]))
    this.#tiles.set(tile, paths)
    return paths
  }

  /**
   * Paints what is visible.
   * @param ratio device pixels per CSS pixel: the canvas is that much larger than the view says
   * @param box the part of the image to paint again; null for all of the canvas
   */
  paint(context: CanvasRenderingContext2D, view: View, ratio: number, look: Look, box: Rect | null): void {
    const { width, height } = context.canvas
    const scale = { x: view.scaleX * ratio, y: view.scaleY * ratio }
    const offset = { x: view.left * ratio, y: view.top * ratio }
    // Outlines reach beyond the pixels that changed. Whole device pixels, or the clip would leave seams.
    const reach = 4 * ratio
    const left = box ? Math.max(0, Math.floor(box.x * scale.x + offset.x - reach)) : 0
    const top = box ? Math.max(0, Math.floor(box.y * scale.y + offset.y - reach)) : 0
    const right = box ? Math.min(width, Math.ceil((box.x + box.width) * scale.x + offset.x + reach)) : width
    const bottom = box ? Math.min(height, Math.ceil((box.y + box.height) * scale.y + offset.y + reach)) : height
    if (right <= left || bottom <= top) return

    context.save()
    context.beginPath()
    context.rect(left, top, right - left, bottom - top)
    context.clip()
    context.fillStyle = 'black'
    context.fillRect(left, top, right - left, bottom - top)

    // The part of the image under that, one pixel more.
    const x = Math.max(0, Math.floor((left - offset.x) / scale.x) - 1)
    const y = Math.max(0, Math.floor((top - offset.y) / scale.y) - 1)
    const w = Math.min(this.#mask.width, Math.ceil((right - offset.x) / scale.x) + 1) - x
    const h = Math.min(this.#mask.height, Math.ceil((bottom - offset.y) / scale.y) + 1) - y
    if (w > 0 && h > 0) {
      const seen = { x, y, width: w, height: h }
      context.setTransform(scale.x, 0, 0, scale.y, offset.x, offset.y)
      // Enlarged pixels stay squares; where several fall on one screen pixel, they are averaged, not dropped.
      context.imageSmoothingEnabled = scale.x < 1
      context.drawImage(this.#grey.context.canvas, x, y, w, h, x, y, w, h)
      if (!look.outlineOnly && look.opacity > 0) {
        context.imageSmoothingEnabled = false
        context.globalAlpha = look.opacity
        context.drawImage(this.#tint.context.canvas, x, y, w, h, x, y, w, h)
        context.globalAlpha = 1
      }
      context.setTransform(1, 0, 0, 1, 0, 0)
      if (look.outlined !== false) this.#paintOutlines(context, { a: scale.x, d: scale.y, e: offset.x, f: offset.y }, ratio, look, seen)
    }
    context.restore()
  }

  #paintOutlines(context: CanvasRenderingContext2D, matrix: DOMMatrix2DInit, ratio: number, look: Look, seen: Rect): void {
    const paths = new Map<number, Path2D>()
    for (const tile of this.#tilesIn(seen))
      for (const [label, path] of this.#outlines(tile)) {
        if (look.hidden.has(label)) continue
        let whole = paths.get(label)
        if (!whole) paths.set(label, (whole = new Path2D()))
        whole.addPath(path, matrix)
      }
    context.lineCap = 'square'
    const shown = look.table.flatMap(({ value, color }) => (paths.has(value) ? [{ path: paths.get(value)!, color }] : []))
    strokeCased(context, shown, outline, ratio)
  }
}
