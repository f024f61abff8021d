import { useEffect, useRef } from 'react'
import { followLive, watch } from '../store/commands'
import { usePage } from '../store/page-store'
import { useThumbnail } from '../store/thumbnails'
import type { PictureId } from '../worker/protocol'
import { forgetPaint, paintSoon } from './paint-queue'
import { paintGrey } from './painters'

/** The unlabelled images; the chosen one is followed by the live view. Radio buttons: arrow keys move the choice. */
export function WatchStrip() {
  const images = usePage((state) => state.dataset?.unlabeled)
  const watched = usePage((state) => state.watched)
  const live = usePage((state) => state.live)
  if (!images || images.length === 0) return <p className="note">The unlabelled images will be shown here.</p>
  return (
    <fieldset className="watch">
      <legend>
        Watched image <span className="quiet">{images.find(({ id }) => id === watched)?.name}</span>
      </legend>
      <label className="live-switch" title="Off saves a few per cent of the time; the pictures then show where a run came to rest.">
        <input type="checkbox" checked={live} onChange={(event) => followLive(event.target.checked)} /> Live view while training
      </label>
      <div className="thumbnails">
        {images.map(({ id, name }) => (
          <label key={id} title={name}>
            <input type="radio" name="watched" aria-label={name} checked={id === watched} onChange={() => watch(id)} />
            <Thumbnail id={id} />
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** A grey picture as the network sees it. */
export function Thumbnail({ id }: { id: PictureId }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const seen = useThumbnail(id)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || !seen) return
    const { size, pixels } = seen
    paintSoon(element, () => {
      const image = new ImageData(size, size)
      paintGrey(image, pixels)
      context.putImageData(image, 0, 0)
    })
    return () => forgetPaint(element)
  }, [seen])
  return <canvas ref={canvas} width={seen?.size} height={seen?.size} />
}
