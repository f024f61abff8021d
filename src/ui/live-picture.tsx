import { useEffect, useId, useRef } from 'react'
import { pageStore } from '../store/page-store'
import { latest, useLatest } from '../store/latest'
import { classesHere } from '../store/timeline'
import type { LiveViews } from '../worker/protocol'
import { paletteOf, type Palette } from '../image/palette'
import { drawOutlined } from './outlined-picture'
import { forgetPaint, paintSoon } from './paint-queue'
import { tint } from './painters'

/** Paints one part of the views. */
export type Painter = (to: ImageData, views: LiveViews) => void

export interface LivePictureProps {
  name: string
  /** What it is, for the tooltip. */
  hint: string
  /** The same in a few words, for its empty place. */
  soon: string
  paint: Painter
  /** Classes to be shown over it, tinted and outlined: to some eyes a tint alone is grey on grey. */
  labels?: (views: LiveViews) => Uint8Array
  /** Whether the views contain this picture, and what to say where they do not. */
  present?: (views: LiveViews) => boolean
  absent?: string
  /** Pixels of its side, if not those of the views. */
  side?: number
  /** Whether it is what something else on the page is about. */
  lit?: boolean
}

const always = () => true

/** About the side of a canvas with outlines, in canvas pixels. */
const outlinedSide = 256

/** One canvas of the live view. It follows the newest views by itself; React renders it once. */
export function LivePicture({ name, hint, paint, labels, present = always, soon, absent = soon, side, lit = false }: LivePictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const nameId = useId()
  const begun = useLatest(({ views }) => views !== null)
  const shown = useLatest(({ views }) => views !== null && present(views))
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    let image = new ImageData(1, 1)
    let classes: ReturnType<typeof classesHere> = []
    let palette: Palette = []
    const draw = () => {
      const { views } = latest.getState()
      if (!views || !present(views)) return
      const known = classesHere()
      if (known !== classes) {
        classes = known
        palette = paletteOf(known)
      }
      // Outlines need more pixels than the views have.
      const size = side ?? views.size
      const scale = labels ? Math.max(1, Math.round(outlinedSide / size)) : 1
      if (image.width !== size) {
        image = new ImageData(size, size)
        element.width = element.height = size * scale
      }
      paint(image, views)
      const unit = (size * scale) / outlinedSide
      if (labels) drawOutlined(context, image, { labels: labels(views), palette, scale, unit, alpha: tint })
      else context.putImageData(image, 0, 0)
    }
    const soon = () => paintSoon(element, draw)
    soon()
    const stops = [
      latest.subscribe((now, before) => now.views !== before.views && soon()),
      // A colour in the label table may have changed.
      pageStore.subscribe((now, before) => now.dataset !== before.dataset && soon()),
    ]
    return () => {
      stops.forEach((stop) => stop())
      forgetPaint(element)
    }
  }, [paint, labels, present, side])
  return (
    <figure className="picture" aria-labelledby={nameId} title={hint} data-lit={lit}>
      <div className="frame">
        <canvas className={labels && 'outlined'} ref={canvas} width="64" height="64" hidden={!shown} />
        {!shown && <p className="empty">{begun ? absent : soon}</p>}
      </div>
      <figcaption id={nameId}>{name}</figcaption>
    </figure>
  )
}
