import { useEffect, useLayoutEffect, useRef } from 'react'
import { flushSync } from 'react-dom'
import type { UnlabeledInfo } from '../../worker/protocol'
import { count } from '../format'
import { Thumbnail } from '../thumbnail'

interface Props {
  /** The volume's. */
  name: string
  word: 'slice' | 'image'
  images: readonly UnlabeledInfo[]
  /** The tile of this volume that is chosen, null for none. */
  shown: number | null
  onShow: (tile: number) => void
  onOpen: (image: UnlabeledInfo) => void
}

/** One slice of a volume at a time, by wheel or slider; its tile below goes with it. */
export function StackHead({ name, word, images, shown, onShow, onOpen }: Props) {
  // In the middle at first, as in the preview.
  const at = shown ?? Math.floor(images.length / 2)
  const image = images[at]!
  const picture = useRef<HTMLButtonElement>(null)
  const turn = useRef<(by: 1 | -1) => boolean>(() => false)
  useLayoutEffect(() => {
    turn.current = (by) => {
      const next = at + by
      if (next < 0 || next >= images.length) return false
      // At once: a second turn of the wheel may come before the next frame.
      flushSync(() => onShow(next))
      return true
    }
  })
  useEffect(() => {
    const element = picture.current!
    // At the ends the box scrolls on.
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY !== 0 && !event.ctrlKey && turn.current(event.deltaY > 0 ? 1 : -1)) event.preventDefault()
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])
  return (
    <div className="stack-head">
      <button
        type="button"
        className="picker-picture"
        ref={picture}
        aria-label={`Open ${word} ${at + 1} of ${name}`}
        title="Turn the wheel to go through the volume"
        onClick={() => onOpen(image)}
      >
        <Thumbnail id={image.id} />
      </button>
      <label>
        {word === 'slice' ? 'Slice' : 'Image'}{' '}
        <span className="quiet">
          {count(at + 1)} of {count(images.length)}
        </span>
        <input
          type="range"
          aria-label={`${word === 'slice' ? 'Slice' : 'Image'} of ${name}`}
          min={1}
          max={images.length}
          value={at + 1}
          aria-valuetext={`${at + 1} of ${images.length}, ${image.name}`}
          onChange={(event) => onShow(Number(event.target.value) - 1)}
        />
      </label>
    </div>
  )
}
