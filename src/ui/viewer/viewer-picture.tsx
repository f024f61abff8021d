import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { Point } from '../../drawing/drawable'
import type { GreyWindow } from '../../image/window'
import { fitted, look, useViewer, type LayerName } from '../../store/viewer'
import type { ClassInfo, ViewedPicture } from '../../worker/protocol'
import { arrows } from '../annotation/gestures'
import { Sides, ZoomButtons } from '../annotation/picture-marks'
import { toScreen, type Size } from '../annotation/view'
import { paintedLayer } from './layer'
import { scaleBar } from './measures'
import { followPointers, seeMore, zoomBy, type Sight } from './pointers'
import { describe } from './readout'
import { Screen } from './screen'
import { viewOf } from './zoom'

interface Props {
  picture: ViewedPicture
  layer: LayerName
  classes: readonly ClassInfo[]
  window: GreyWindow
  /** Which of several pictures of the image it is; nothing where it is the only one. */
  title?: string
  /** Whose masks the disagreement is of. */
  whose?: readonly [string, string]
  /** Told how the image lies on the canvas, for the keys of the dialog; null when it is gone. */
  onSight: (sight: Sight | null) => void
}

/** Room for the scale bar in CSS pixels. */
const barRoom = 140

/** The image with its layer, the letters of its sides, a scale bar, buttons to zoom and move it, and a read-out of what is under the pointer. */
export function ViewerPicture({ picture, layer, classes, window, title, whose, onSight }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const screen = useRef<Screen | null>(null)
  const sight = useRef<Sight | null>(null)
  const [size, setSize] = useState<Size | null>(null)
  const [pointer, setPointer] = useState<Point | null>(null)
  /** The pixel of the cross-hair, once the keyboard has moved it. */
  const [cross, setCross] = useState<Point | null>(null)
  const of = useViewer((state) => state.class)
  const opacity = useViewer((state) => state.opacity)
  const outlines = useViewer((state) => state.outlines)
  const zoom = useViewer((state) => state.zoom)
  const painted = useMemo(() => paintedLayer(layer, picture, of, classes), [layer, picture, of, classes])
  const view = size && viewOf(zoom, picture, size)

  useLayoutEffect(() => {
    const element = canvas.current!
    const own = new Screen(element)
    screen.current = own
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element
      if (width > 0 && height > 0) setSize((before) => (before?.width === width && before.height === height ? before : { width, height }))
    }
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    const ends = new AbortController()
    const hover = (at: Point | null) => {
      setPointer(at)
      if (at) setCross(null)
    }
    followPointers(element, () => sight.current, hover, ends.signal)
    return () => {
      ends.abort()
      sizes.disconnect()
      own.dispose()
    }
  }, [])

  useLayoutEffect(() => {
    sight.current = size && view ? { picture, window, size, view } : null
    onSight(sight.current)
    if (size && view) screen.current!.show({ picture, layer: painted, window, opacity, outlines, view, size })
  })
  useEffect(() => () => onSight(null), [onSight])

  const onKeyDown = (event: KeyboardEvent) => {
    const step = arrows[event.key]
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    event.preventDefault()
    const hold = (v: number, length: number) => Math.min(length - 1, Math.max(0, v))
    const from = cross ?? { x: Math.floor(picture.width / 2), y: Math.floor(picture.height / 2) }
    setPointer(null)
    setCross(cross ? { x: hold(from.x + step.x, picture.width), y: hold(from.y + step.y, picture.height) } : from)
  }

  const at = cross ? { x: cross.x + 0.5, y: cross.y + 0.5 } : pointer
  const said = at ? describe(picture, at, layer, of, classes, whose) : ''
  const crossAt = cross && view ? toScreen(view, { x: cross.x + 0.5, y: cross.y + 0.5 }) : null
  return (
    <>
      <div className="desk-picture">
        <canvas
          ref={canvas}
          role="application"
          tabIndex={0}
          aria-label={`${picture.name}${title ? `, ${title}` : ''}. Arrow keys move a cross-hair that reads values.`}
          data-picture={picture.id}
          data-layer={layer}
          data-step={picture.step}
          data-scale-x={view?.scaleX}
          data-scale-y={view?.scaleY}
          data-left={view?.left}
          data-top={view?.top}
          data-center={window.center}
          data-width={window.width}
          onKeyDown={onKeyDown}
          onBlur={() => setCross(null)}
        />
        {crossAt && <div className="viewer-cross" style={{ left: crossAt.x, top: crossAt.y }} aria-hidden="true" />}
        <Sides sides={picture.sides} />
        {picture.sides && <Oblique degrees={picture.oblique} />}
        {view && <ScaleBar spacing={picture.spacing} scale={view.scaleX} />}
        <ZoomButtons onZoom={(factor) => sight.current && zoomBy(factor, sight.current)} onFit={() => look({ zoom: fitted })}>
          {zoom.factor > 1.01 &&
            Object.entries(moves).map(([name, { key, sign }]) => (
              <button
                key={name}
                type="button"
                aria-label={name}
                title={`${name} (Shift and an arrow)`}
                onClick={() => sight.current && seeMore(arrows[key]!, sight.current)}
              >
                {sign}
              </button>
            ))}
        </ZoomButtons>
      </div>
      <p className="viewer-readout" data-readout>
        {said || <span className="quiet">Point at the image to read its values.</span>}
      </p>
      <p className="unseen" aria-live="polite">
        {cross && said}
      </p>
    </>
  )
}

const moves = {
  'See more on the left': { key: 'ArrowLeft', sign: '←' },
  'See more on the right': { key: 'ArrowRight', sign: '→' },
  'See more above': { key: 'ArrowUp', sign: '↑' },
  'See more below': { key: 'ArrowDown', sign: '↓' },
} as const

/** Axes turned by less than this many degrees still run along the patient's. */
const leastOblique = 1

/** Whether the directions at the sides are only the nearest ones. */
function Oblique({ degrees }: { degrees: number | null }) {
  if (degrees === null || degrees < leastOblique) return null
  return (
    <span className="viewer-oblique" title="The letters are the nearest directions of the patient.">
      oblique, {Math.round(degrees)}°
    </span>
  )
}

function ScaleBar({ spacing, scale }: { spacing: ViewedPicture['spacing']; scale: number }) {
  const { length, width } = scaleBar((spacing?.[0] ?? 1) / scale, barRoom)
  const text = `${length} ${spacing ? 'mm' : 'px'}`
  return (
    <p className="viewer-scale" style={{ width }} data-length={length}>
      <span className="unseen">Scale bar: </span>
      {text}
    </p>
  )
}
