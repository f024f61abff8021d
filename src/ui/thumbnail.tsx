import { useEffect, useRef } from 'react'
import { usePage } from '../store/page-store'
import { forgetPaint, paintSoon } from './paint-queue'
import { paintGrey } from './painters'

/** An unlabelled image as the networks see it: grey, `dataset.size` squared; null where there is none. */
export const useThumbnail = (index: number | undefined): Uint8Array<ArrayBuffer> | null =>
  usePage(({ dataset }) => (index === undefined ? null : (dataset?.unlabeled[index]?.pixels ?? null)))

export function Thumbnail({ index }: { index: number }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const pixels = useThumbnail(index)
  const size = usePage((state) => state.dataset?.size ?? 0)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || pixels?.length !== size * size) return
    paintSoon(element, () => {
      const image = new ImageData(size, size)
      paintGrey(image, pixels)
      context.putImageData(image, 0, 0)
    })
    return () => forgetPaint(element)
  }, [pixels, size])
  return <canvas ref={canvas} width={size} height={size} />
}
