/** Paints the open image on its canvas, in the next frame and no more often. It keeps what an unchanged image or mask would give again. */
import type { GreyWindow } from '../../image/window'
import type { ViewedPicture } from '../../worker/protocol'
import { Layers, type Look } from '../annotation/layers'
import type { Size, View } from '../annotation/view'
import type { PaintedLayer } from './layer'

export interface Scene {
  picture: ViewedPicture
  layer: PaintedLayer
  window: GreyWindow
  /** Of the tint, 0..1. */
  opacity: number
  outlines: boolean
  view: View
  /** Of the canvas in CSS pixels. */
  size: Size
}

const nothing: ReadonlySet<number> = new Set()

const lookOf = ({ layer, opacity, outlines }: Scene): Look => ({
  // Colours that stand for numbers need more to be told apart.
  ...{ table: layer.table, hidden: nothing, opacity: layer.outlined ? opacity : Math.sqrt(opacity), outlineOnly: false },
  outlined: outlines && layer.outlined,
})

export class Screen {
  readonly #context: CanvasRenderingContext2D
  #layers: Layers | null = null
  #scene: Scene | null = null
  #frame = 0

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d', { alpha: false })!
  }

  show(scene: Scene): void {
    const before = this.#scene
    this.#scene = scene
    const { picture, layer, window } = scene
    const fresh = !this.#layers || picture !== before?.picture || layer !== before.layer
    if (fresh) this.#layers = new Layers(picture, { width: picture.width, height: picture.height, labels: layer.labels })
    if (fresh || window.center !== before?.window.center || window.width !== before.window.width) this.#layers!.setWindow(window)
    if (fresh) this.#layers!.update(null, lookOf(scene))
    this.#frame ||= requestAnimationFrame(() => this.#paint())
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
  }

  #paint(): void {
    this.#frame = 0
    const scene = this.#scene!
    const { canvas } = this.#context
    const ratio = devicePixelRatio || 1
    const [width, height] = [Math.round(scene.size.width * ratio), Math.round(scene.size.height * ratio)]
    if (canvas.width !== width) canvas.width = width
    if (canvas.height !== height) canvas.height = height
    this.#layers!.paint(this.#context, scene.view, ratio, lookOf(scene), null)
  }
}
