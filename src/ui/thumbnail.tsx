import { useEffect, useRef } from 'react'
import { useThumbnail } from '../store/thumbnails'
import type { PictureId } from '../worker/protocol'
import { forgetPaint, paintSoon } from './paint-queue'
import { paintGrey } from './painters'

/** A grey picture as the networks see it. */
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
