import { useCallback, useEffect, useId, useRef } from 'react'
import { closePicture, openPicture } from '../store/commands'
import { usePage } from '../store/page-store'
import { useThumbnail, type Thumbnail } from '../store/thumbnails'
import type { OpenedPicture, UnlabeledInfo } from '../worker/protocol'
import { count } from './format'
import { paintGrey } from './painters'
import { millimetres } from './source-words'
import { usePainted } from './use-painted'
import { paintWindow, type GreyWindow } from '../image/window'

interface Props {
  /** The unlabelled images that the volume gives. */
  images: readonly UnlabeledInfo[]
  /** Which of them is shown. */
  slice: number
  onSlice: (slice: number) => void
  /** Whether the full image is wanted. */
  full: boolean
  onFull: (full: boolean) => void
  /** The full image, once it is there. */
  picture: OpenedPicture | null
  window: GreyWindow | null
}

/** Milliseconds that the slider must rest before the full image is requested. */
const rest = 120

/** One image of a volume: as small as the networks see it until the full one has been requested and has arrived. */
export function SourcePicture({ images, slice, onSlice, full, onFull, picture, window }: Props) {
  const size = usePage((state) => state.dataset?.size ?? 1)
  const name = images[slice]?.name
  const shown = images[slice]?.id
  const small = useThumbnail(shown)
  const sliderId = useId()

  useEffect(() => {
    if (!full || shown === undefined) return
    const timer = setTimeout(() => void openPicture('preview', shown), rest)
    return () => clearTimeout(timer)
  }, [full, shown])

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
        <Canvas seen={small} picture={picture} window={window} ratio={across / down} />
        {picture?.sides &&
          (['left', 'right', 'top', 'bottom'] as const).map((side) => (
            <span className={`side ${side}`} key={side}>
              {picture.sides![side]}
            </span>
          ))}
      </div>
      {images.length > 1 && (
        <div className="slider">
          <label htmlFor={sliderId}>Image</label>
          <input
            type="range"
            id={sliderId}
            min={1}
            max={images.length}
            value={slice + 1}
            aria-valuetext={`${slice + 1} of ${images.length}, ${name}`}
            onChange={(event) => onSlice(Number(event.target.value) - 1)}
          />
          <output htmlFor={sliderId}>
            {count(slice + 1)} of {count(images.length)}
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
  seen: Thumbnail | undefined
  /** Width to height in millimetres. */
  ratio: number
}

function Canvas({ seen, picture, window, ratio }: CanvasProps) {
  const image = useRef<ImageData | null>(null)
  const paint = useCallback(
    (context: CanvasRenderingContext2D) => {
      if (!picture && !seen) return
      const size = seen?.size ?? 1
      const [width, height] = picture ? [picture.width, picture.height] : [size, size]
      if (image.current?.width !== width || image.current.height !== height) image.current = new ImageData(width, height)
      const { canvas: element } = context
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height })
      if (picture) paintWindow(image.current, picture.pixels, window ?? picture.window)
      else if (seen) paintGrey(image.current, seen.pixels)
      context.putImageData(image.current, 0, 0)
    },
    [seen, picture, window],
  )
  const canvas = usePainted(paint)
  return <canvas ref={canvas} style={ratio >= 1 ? { height: `${100 / ratio}%` } : { width: `${100 * ratio}%` }} />
}
