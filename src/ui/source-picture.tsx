import { useEffect, useId, useRef } from 'react'
import { closePicture, openPicture } from '../store/commands'
import { usePage } from '../store/page-store'
import type { PictureEvent } from '../worker/protocol'
import { count } from './format'
import { forgetPaint, paintSoon } from './paint-queue'
import { paintGrey } from './painters'
import { millimetres } from './source-words'
import { useThumbnail } from './thumbnail'
import { paintWindow, type GreyWindow } from '../image/window'

interface Props {
  /** Of the unlabelled images that the volume gives. */
  indices: readonly number[]
  /** Which of them is shown. */
  slice: number
  onSlice: (slice: number) => void
  /** Whether the full image is wanted. */
  full: boolean
  onFull: (full: boolean) => void
  /** The full image, once it is there. */
  picture: PictureEvent | null
  window: GreyWindow | null
}

/** Milliseconds that the slider must rest before the full image is requested. */
const rest = 120

/** One image of a volume: as small as the networks see it until the full one has been requested and has arrived. */
export function SourcePicture({ indices, slice, onSlice, full, onFull, picture, window }: Props) {
  const unlabeled = usePage((state) => state.dataset?.unlabeled)
  const size = usePage((state) => state.dataset?.size ?? 1)
  const index = indices[slice]
  const name = index === undefined ? undefined : unlabeled?.[index]?.name
  const small = useThumbnail(index)
  const sliderId = useId()

  // The same index is another image once the slices are chosen again.
  useEffect(() => {
    if (!full || index === undefined) return
    const timer = setTimeout(() => openPicture('preview', 'pile', index), rest)
    return () => clearTimeout(timer)
  }, [full, index, unlabeled])

  if (name === undefined) return <p className="empty">This volume gives no images.</p>
  const toggle = () => {
    if (full) closePicture()
    onFull(!full)
  }
  const [across, down] = picture ? [picture.width * (picture.spacing?.[0] ?? 1), picture.height * (picture.spacing?.[1] ?? 1)] : [1, 1]
  const said = picture
    ? `${picture.width} × ${picture.height}${picture.spacing ? `, ${millimetres(picture.spacing)}` : ''}`
    : full
      ? 'loading in full…'
      : `${size} × ${size}, as the networks see it`
  return (
    <figure className="source-picture" aria-labelledby={`${sliderId}-name`}>
      <div className="frame">
        <Canvas small={small} size={size} picture={picture} window={window} ratio={across / down} />
        {picture?.sides &&
          (['left', 'right', 'top', 'bottom'] as const).map((side) => (
            <span className={`side ${side}`} key={side}>
              {picture.sides![side]}
            </span>
          ))}
      </div>
      {indices.length > 1 && (
        <div className="slider">
          <label htmlFor={sliderId}>Image</label>
          <input
            type="range"
            id={sliderId}
            min={1}
            max={indices.length}
            value={slice + 1}
            aria-valuetext={`${slice + 1} of ${indices.length}, ${name}`}
            onChange={(event) => onSlice(Number(event.target.value) - 1)}
          />
          <output htmlFor={sliderId}>
            {count(slice + 1)} of {count(indices.length)}
          </output>
        </div>
      )}
      <figcaption>
        <span className="name" id={`${sliderId}-name`}>
          {name} <span className="quiet">{said}</span>
        </span>
        <button type="button" className="small" aria-pressed={full} onClick={toggle}>
          Full resolution
        </button>
      </figcaption>
    </figure>
  )
}

interface CanvasProps extends Pick<Props, 'picture' | 'window'> {
  small: Uint8Array<ArrayBuffer> | null
  size: number
  /** Width to height in millimetres. */
  ratio: number
}

function Canvas({ small, size, picture, window, ratio }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const image = useRef<ImageData | null>(null)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    paintSoon(element, () => {
      const [width, height] = picture ? [picture.width, picture.height] : [size, size]
      if (image.current?.width !== width || image.current.height !== height) image.current = new ImageData(width, height)
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height })
      if (picture) paintWindow(image.current, picture.pixels, window ?? picture.window)
      else if (small) paintGrey(image.current, small)
      context.putImageData(image.current, 0, 0)
    })
    return () => forgetPaint(element)
  }, [small, size, picture, window])
  return <canvas ref={canvas} style={ratio >= 1 ? { height: `${100 / ratio}%` } : { width: `${100 * ratio}%` }} />
}
