import { useLayoutEffect, useState, type RefObject } from 'react'

/** What is seen of a box that scrolls, in CSS pixels without its padding. */
export interface View {
  width: number
  height: number
  top: number
}

/** Measures a box that scrolls; the second value is its `onScroll`. */
export function useView(box: RefObject<HTMLElement | null>): [View, () => void] {
  const [view, setView] = useState<View>({ width: 0, height: 0, top: 0 })
  useLayoutEffect(() => {
    const element = box.current!
    const measure = () => {
      const { paddingLeft, paddingRight } = getComputedStyle(element)
      const width = element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
      setView({ width, height: element.clientHeight, top: element.scrollTop })
    }
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [box])
  const onScroll = () => {
    const top = box.current?.scrollTop ?? 0
    setView((before) => ({ ...before, top }))
  }
  return [view, onScroll]
}
