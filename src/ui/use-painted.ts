import { useEffect, useRef, type RefObject } from 'react'
import { forgetPaint, paintSoon } from './paint-queue'

/**
 * A canvas that is painted in one of the next frames, at first and whenever `paint` is another function: a callback with its dependencies,
 * or one that every rendering makes anew.
 */
export function usePainted(paint: (context: CanvasRenderingContext2D) => void): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    paintSoon(element, () => paint(context))
    return () => forgetPaint(element)
  }, [paint])
  return canvas
}
