import { useCallback } from 'react'
import { useThumbnail } from '../store/thumbnails'
import type { PictureId } from '../worker/protocol'
import { paintGrey } from './painters'
import { usePainted } from './use-painted'

/** A grey picture as the networks see it. */
export function Thumbnail({ id }: { id: PictureId }) {
  const seen = useThumbnail(id)
  const paint = useCallback(
    (context: CanvasRenderingContext2D) => {
      if (!seen) return
      const image = new ImageData(seen.size, seen.size)
      paintGrey(image, seen.pixels)
      context.putImageData(image, 0, 0)
    },
    [seen],
  )
  const canvas = usePainted(paint)
  return <canvas ref={canvas} width={seen?.size} height={seen?.size} />
}
