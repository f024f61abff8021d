import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { pointAt, resetZoom, stepTold, useChartView, zoomTo } from '../store/chart-view'
import type { ThinPoint } from '../store/series'
import { placeAt, shareOf, type Scale } from './chart-scale'

interface Props {
  /** Of the chart. */
  name: string
  x: Scale
  /** The last step that there is; the axis may go on. */
  newest: number
  points: readonly ThinPoint[]
  /** The step of the values that the chart tells. */
  place: string
  /** What is at the cursor, in words. */
  words: string
}

/** A shorter drag is a click; in shares of the chart's width. */
const click = 0.02

/**
 * Lies over a chart: the cursor, which is the same in all of them, and a rectangle while steps are chosen. A pointer moves the cursor and a drag zooms;
 * arrow keys move it from point to point, + and - zoom about it, 0 shows all steps, Escape lets it go.
 */
export function ChartCursor({ name, x, newest, points, place: step, words }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const cursor = useChartView(stepTold)
  const pointed = useChartView((view) => view.cursor !== null)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const seen = useRef({ x: NaN, y: NaN })
  const stepAt = (share: number) => Math.min(newest, Math.round(x.value(placeAt(x, share))))
  const shareAt = ({ clientX }: PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect()
    return Math.min(1, Math.max(0, (clientX - left) / width))
  }
  const [first, last] = [stepAt(0), stepAt(1)]
  // The page moves under a mouse that rests when the keyboard scrolls it: that must not take the cursor from the keys.
  const move = (event: PointerEvent) => {
    seen.current = { x: event.clientX, y: event.clientY }
    if (event.pointerType === 'mouse' && event.movementX === 0 && event.movementY === 0) return
    const share = shareAt(event)
    if (drag) setDrag({ ...drag, to: share })
    pointAt(stepAt(share))
  }
  const leave = ({ pointerType, clientX, clientY }: PointerEvent) => {
    const rests = pointerType === 'mouse' && seen.current.x === clientX && seen.current.y === clientY
    if (!drag && !rests) pointAt(null)
  }
  const drop = () => {
    if (drag && Math.abs(drag.to - drag.from) > click) zoomTo(stepAt(drag.from), stepAt(drag.to))
    setDrag(null)
  }
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const at = cursor ?? last
    const steps = points.filter(({ rows, step }) => rows > 0 && step >= first && step <= last).map(({ step }) => step)
    const index = steps.filter((step) => step <= at).length - 1
    const to = (by: number) => pointAt(steps[Math.min(steps.length - 1, Math.max(0, index + by))] ?? at)
    const zoom = (factor: number) => zoomTo(at - (at - first) * factor, at + (last - at) * factor)
    const acts: Record<string, () => void> = {
      ArrowRight: () => to(1),
      ArrowUp: () => to(1),
      ArrowLeft: () => to(-1),
      ArrowDown: () => to(-1),
      PageUp: () => to(10),
      PageDown: () => to(-10),
      // Not the first and last points, which come a moment after another zoom.
      Home: () => pointAt(first),
      End: () => pointAt(last),
      '+': () => zoom(0.5),
      '=': () => zoom(0.5),
      '-': () => zoom(2),
      '0': resetZoom,
      Escape: () => pointAt(null),
    }
    const act = acts[event.key]
    if (!act || (event.key === 'Escape' && !pointed)) return
    event.preventDefault()
    act()
  }
  const percent = (share: number) => `${share * 100}%`
  const place = cursor === null ? null : x.place(cursor)
  const share = place === null ? null : shareOf(x, place)
  return (
    <div
      ref={box}
      className="chart-cursor"
      role="slider"
      tabIndex={0}
      aria-label={`Step in ${name}`}
      aria-valuemin={first}
      aria-valuemax={last}
      aria-valuenow={Math.min(last, Math.max(first, cursor ?? last))}
      aria-valuetext={words}
      onPointerMove={move}
      onPointerLeave={leave}
      onPointerDown={(event) => {
        if (event.button !== 0 || event.pointerType === 'touch') return
        event.currentTarget.setPointerCapture(event.pointerId)
        const from = shareAt(event)
        setDrag({ from, to: from })
      }}
      onPointerUp={drop}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={resetZoom}
      onKeyDown={key}
    >
      {cursor !== null && <span className="at">{step}</span>}
      {share !== null && share >= 0 && share <= 1 && <span className="line" style={{ left: percent(share) }} />}
      {drag && (
        <span className="chosen" style={{ left: percent(Math.min(drag.from, drag.to)), width: percent(Math.abs(drag.to - drag.from)) }} />
      )}
    </div>
  )
}
