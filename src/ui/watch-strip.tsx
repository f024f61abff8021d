import { useLayoutEffect, useRef, type KeyboardEvent } from 'react'
import { followLive, watch } from '../store/commands'
import { usePage } from '../store/page-store'
import { view as openLarge } from '../store/viewer'
import type { PictureId, UnlabeledInfo } from '../worker/protocol'
import { Thumbnail } from './thumbnail'
import { layTiles, tilesInSight } from './tiles'
import { useView } from './use-view'

/** The unlabelled images; the chosen one is followed by the live view. */
export function WatchStrip() {
  const images = usePage((state) => state.dataset?.unlabeled)
  const watched = usePage((state) => state.watched)
  const live = usePage((state) => state.live)
  if (!images || images.length === 0) return <p className="note">The unlabelled images will appear here.</p>
  const open = (id: PictureId) =>
    openLarge(
      id,
      images.map((image) => image.id),
    )
  return (
    <fieldset className="watch">
      <legend>
        Watched image <span className="quiet">{images.find(({ id }) => id === watched)?.name}</span>
      </legend>
      <button type="button" className="small open-watched" onClick={() => watched && open(watched)}>
        Open large
      </button>
      <label
        className="live-switch"
        title="Switched off, it saves a few per cent of the time; the pictures are then brought up to date whenever the run pauses."
      >
        <input type="checkbox" checked={live} onChange={(event) => followLive(event.target.checked)} /> Live view while training
      </label>
      <Choice images={images} watched={watched} onOpen={open} />
    </fieldset>
  )
}

const moves: Record<string, 1 | -1> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

interface ChoiceProps {
  images: readonly UnlabeledInfo[]
  watched: PictureId | null
  /** The image that is watched already was clicked, or Enter pressed on it. */
  onOpen: (id: PictureId) => void
}

/** Radio buttons: arrow keys move the choice. Of thousands, only those in sight exist, and the chosen one, which Tab goes to. */
function Choice({ images, watched, onOpen }: ChoiceProps) {
  const box = useRef<HTMLDivElement>(null)
  const [view, onScroll] = useView(box)
  const byKey = useRef(false)
  const chosen = images.findIndex(({ id }) => id === watched)

  useLayoutEffect(() => {
    if (byKey.current) box.current!.querySelector<HTMLInputElement>(':checked')?.focus()
    byKey.current = false
  }, [watched])

  // The browser by itself moves only to neighbours that exist.
  const move = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && watched) {
      // Or it would press what has the focus in the viewer.
      event.preventDefault()
      return onOpen(watched)
    }
    const by = moves[event.key]
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const { id } = images[(chosen + by + images.length) % images.length]!
    byKey.current = id !== watched
    watch(id)
  }

  const tiles = layTiles(images.length, view.width)
  const [first, end] = tilesInSight(tiles, images.length, view.top, view.height)
  const shown = Array.from({ length: end - first }, (_, i) => first + i)
  if (chosen >= 0 && chosen < first) shown.unshift(chosen)
  else if (chosen >= end) shown.push(chosen)
  const { columns, pitch, side, height } = tiles
  return (
    <div className="thumbnails" ref={box} onScroll={onScroll} onKeyDown={move}>
      <div style={{ height }}>
        {shown.map((index) => {
          const { id, name } = images[index]!
          const place = { left: (index % columns) * pitch, top: Math.floor(index / columns) * pitch, width: side, height: side }
          return (
            <label key={id} title={name} style={place}>
              <input
                type="radio"
                name="watched"
                aria-label={name}
                aria-posinset={index + 1}
                aria-setsize={images.length}
                checked={index === chosen}
                onClick={() => index === chosen && onOpen(id)}
                onChange={() => watch(id)}
              />
              <Thumbnail id={id} />
            </label>
          )
        })}
      </div>
    </div>
  )
}
