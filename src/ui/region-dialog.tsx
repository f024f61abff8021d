import { useCallback, useId, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { fieldOf, frameOf, prepareImage, type Extent } from '../image/frame'
import { paletteOf } from '../image/palette'
import { resizeLabels, resizeLinear, type Raster } from '../image/raster'
import { paintWindow, type GreyWindow } from '../image/window'
import type { Config } from '../method/config'
import { closePicture, setValues } from '../store/commands'
import { usePage } from '../store/page-store'
import type { DatasetSummary, OpenedPicture } from '../worker/protocol'
import { ModalDialog, OpeningDialog } from './modal-dialog'
import { NumberInput } from './number-input'
import { drawOutlined } from './outlined-picture'
import { between, boxOf, dragged, isWhole, least, settingsOf, whole, withNumber, type PercentBox, type Handle } from './region-box'
import { usePainted } from './use-painted'
import './styles/region.css'

/** Draws a rectangle on an image and makes it the region that all images are cut to. */
export function RegionDialog() {
  const picture = usePage((state) => state.opened)
  const dataset = usePage((state) => state.dataset)
  const asked = usePage((state) => state.asked)
  if (!picture || !dataset) return <OpeningDialog onClose={closePicture} />
  return <RegionChoice picture={picture} dataset={dataset} asked={asked} />
}

interface Props {
  picture: OpenedPicture
  dataset: DatasetSummary
  asked: Config
}

const numbers = [
  { key: 'left', label: 'Left', axis: 'width' },
  { key: 'top', label: 'Top', axis: 'height' },
  { key: 'width', label: 'Width', axis: 'width' },
  { key: 'height', label: 'Height', axis: 'height' },
] as const

function RegionChoice({ picture, dataset, asked }: Props) {
  const [box, setBox] = useState(() => boxOf({ x: asked.regionX, y: asked.regionY, width: asked.regionWidth, height: asked.regionHeight }))
  const { proposedRegion } = dataset
  return (
    <ModalDialog title="Region of interest" onClose={closePicture} className="dialog region">
      <p className="hint quiet">
        The part of every image that the networks see; outside it every mask is background. Leave some room: organs lie elsewhere in other
        images. Shown on {picture.name}.
      </p>
      <div className="region-columns">
        <Stage picture={picture} box={box} onChange={setBox} />
        <div className="region-side">
          <div className="region-numbers" role="group" aria-label="Region in per cent">
            {numbers.map(({ key, label, axis }) => (
              <NumberInput
                key={key}
                label={`${label}, %`}
                name={label}
                title={`per cent of the image's ${axis}`}
                value={box[key]}
                min={key === axis ? least : 0}
                max={100}
                onChange={(v) => setBox(withNumber(box, key, v))}
              />
            ))}
          </div>
          <div className="region-proposals">
            <button
              type="button"
              disabled={!proposedRegion}
              title={proposedRegion ? 'A box around what is annotated, with some room to spare.' : 'Nothing is annotated yet.'}
              onClick={() => proposedRegion && setBox(boxOf(proposedRegion))}
            >
              Propose from the mask
            </button>
            {/* It would lose the focus if it disabled itself. */}
            <button type="button" aria-disabled={isWhole(box)} onClick={() => setBox(whole)}>
              Whole image
            </button>
          </div>
          <Preview picture={picture} dataset={dataset} config={{ ...asked, ...settingsOf(box) }} />
        </div>
      </div>
      <div className="dialog-buttons">
        <button type="button" onClick={closePicture}>
          Cancel
        </button>
        <button
          type="button"
          className="primary"
          onClick={() => {
            setValues(settingsOf(box))
            closePicture()
          }}
        >
          Use this region
        </button>
      </div>
    </ModalDialog>
  )
}

const handles: readonly Handle[] = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w']

const arrows: Record<string, [dx: number, dy: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** A shorter drag counts as a click and draws no rectangle; per cent. */
const click = 2

interface StageProps {
  picture: OpenedPicture
  box: PercentBox
  onChange: (box: PercentBox) => void
}

/** The image with the rectangle on it. */
function Stage({ picture, box, onChange }: StageProps) {
  const stage = useRef<HTMLDivElement>(null)
  /** Where the pointer went down, and the handle it grabbed; a null handle draws a new rectangle. */
  const held = useRef<{ x: number; y: number; box: PercentBox; handle: Handle | null } | null>(null)
  const helpId = useId()
  const [sx, sy] = picture.spacing ?? [1, 1]
  const aspect = (picture.width * sx) / (picture.height * sy)
  const { left, top, width, height } = box

  const placeOf = (event: PointerEvent) => {
    const at = stage.current!.getBoundingClientRect()
    return { x: ((event.clientX - at.left) / at.width) * 100, y: ((event.clientY - at.top) / at.height) * 100 }
  }
  const take = (event: PointerEvent) => {
    if (event.button !== 0) return
    const { x, y } = placeOf(event)
    const onHandle = (event.target as HTMLElement).dataset.handle as Handle | undefined
    const inside = x >= left && x <= left + width && y >= top && y <= top + height
    // The whole image cannot be moved, so a drag on it draws.
    held.current = { x, y, box, handle: onHandle ?? (inside && !isWhole(box) ? 'move' : null) }
    stage.current!.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent) => {
    if (!held.current) return
    const from = held.current
    const { x, y } = placeOf(event)
    if (from.handle) onChange(dragged(from.box, from.handle, x - from.x, y - from.y))
    else if (Math.hypot(x - from.x, y - from.y) > click) onChange(between(from.x, from.y, x, y))
  }
  const key = (event: KeyboardEvent) => {
    const arrow = arrows[event.key]
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    onChange(dragged(box, event.shiftKey ? 'se' : 'move', ...arrow))
  }
  const place = { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` }
  return (
    <div className="region-picture">
      <div
        className="region-stage"
        ref={stage}
        style={{ aspectRatio: aspect, width: `min(100%, ${aspect} * 62vh)` }}
        onPointerDown={take}
        onPointerMove={move}
        onPointerUp={() => (held.current = null)}
        onPointerCancel={() => (held.current = null)}
      >
        <FullPicture picture={picture} />
        <div className="region-shade">
          <div style={place} />
        </div>
        <div
          className="region-box"
          style={place}
          tabIndex={0}
          role="group"
          aria-label={`Rectangle: ${width} by ${height} per cent, from ${left} per cent left and ${top} per cent top`}
          aria-describedby={helpId}
          data-whole={isWhole(box)}
          onKeyDown={key}
        >
          {handles.map((handle) => (
            <span key={handle} data-handle={handle} />
          ))}
        </div>
      </div>
      <p className="hint quiet" id={helpId}>
        Drag to draw, move or resize. While the rectangle has the focus, arrow keys move it, and resize it with Shift.
      </p>
    </div>
  )
}

/** More pixels than this cannot be seen on the page and would only cost time. */
const longest = 1024

/** The image and its labels at most `longest` pixels wide and high; the spacing grows with the pixels. */
function reduced({ width, height, pixels, labels, spacing }: OpenedPicture) {
  const shrink = Math.min(1, longest / Math.max(width, height))
  const [w, h] = [Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink))]
  const image: Raster = w === width && h === height ? { width, height, pixels } : resizeLinear({ width, height, pixels }, w, h)
  const extent: Extent = { width: w, height: h, spacing: spacing && [(spacing[0] * width) / w, (spacing[1] * height) / h] }
  return { image, labels: resizeLabels({ width, height, labels }, w, h).labels, extent }
}

function FullPicture({ picture }: { picture: OpenedPicture }) {
  const { image, labels } = useMemo(() => reduced(picture), [picture])
  // Outlines need more pixels than a small image has.
  const scale = Math.max(1, Math.floor(longest / Math.max(image.width, image.height)))
  const paint = useCallback(
    (context: CanvasRenderingContext2D) => {
      const painted = new ImageData(image.width, image.height)
      paintWindow(painted, image.pixels, picture.window)
      drawOutlined(context, painted, { labels, palette: paletteOf(picture.classes), scale, unit: 1.5 })
    },
    [picture, image, labels, scale],
  )
  const canvas = usePainted(paint)
  return <canvas className="outlined" ref={canvas} width={image.width * scale} height={image.height * scale} />
}

/** What is prepared for the networks lies between 0, black, and 1, white. */
const unit: GreyWindow = { center: 0.5, width: 1 }

/** What the networks would see of this image, by the code that prepares it for them. */
function Preview({ picture, dataset, config }: { picture: OpenedPicture; dataset: DatasetSummary; config: Config }) {
  const { image, extent } = useMemo(() => reduced(picture), [picture])
  const { size } = config
  const field = fieldOf([...dataset.exemplars, ...dataset.unlabeled], config)
  const { rect, inner } = frameOf(picture, config, field)
  // Along the longer side, where rounding to whole pixels matters least.
  const spacing =
    picture.spacing &&
    (inner.width >= inner.height ? (picture.spacing[0] * rect.width) / inner.width : (picture.spacing[1] * rect.height) / inner.height)
  const canvas = usePainted((context) => {
    const painted = new ImageData(size, size)
    paintWindow(painted, prepareImage(image, frameOf(extent, config, field), config), unit)
    context.putImageData(painted, 0, 0)
  })
  return (
    <figure className="region-preview" aria-labelledby="region-preview-name">
      <div className="frame">
        <canvas ref={canvas} width={size} height={size} />
      </div>
      <figcaption>
        <span id="region-preview-name">What the networks see</span>
        <span className="quiet">
          {rect.width} × {rect.height} of {picture.width} × {picture.height} pixels, at {inner.width} × {inner.height} of {size} × {size}
        </span>
        <span className="quiet">
          {spacing ? `${spacing.toPrecision(3)} mm per network pixel` : 'The file does not say how large a pixel is.'}
        </span>
      </figcaption>
    </figure>
  )
}
