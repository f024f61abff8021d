import { useId, useMemo, useState } from 'react'
import { openPicture } from '../store/commands'
import { imagesOf, view } from '../store/viewer'
import { unknown } from '../image/raster'
import { usePage } from '../store/page-store'
import { useLatest } from '../store/latest'
import { useThumbnail } from '../store/thumbnails'
import type { PictureId, Prediction, UnlabeledInfo } from '../worker/protocol'
import { paletteOf, type Palette } from '../image/palette'
import { count, percent, score } from './format'
import { keepFocus } from './keep-focus'
import { OutlinedPicture } from './outlined-picture'
import { ResumeWith } from './resume-with'
import { loadViewerAhead } from './viewer-opener'
import './styles/pile.css'

const first = 24

const correct = (image: PictureId) => void openPicture('annotate', image)

/** All predictions, beginning with those on which the models disagree most. */
export function Gallery() {
  const predictions = useLatest((state) => state.predictions)
  const dataset = usePage((state) => state.dataset)
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const [all, setAll] = useState(false)
  const images = useMemo(() => new Map(dataset && imagesOf(dataset).unlabeled.map((image) => [image.id, image])), [dataset])
  const further = useMemo(() => new Set(dataset?.further.images.map(({ id }) => id)), [dataset?.further])
  const items = useMemo(() => {
    // They were asked for last.
    const first = ({ image }: Prediction) => Number(further.has(image))
    return [...(predictions?.items ?? [])].sort((a, b) => first(b) - first(a) || b.disagreement - a.disagreement)
  }, [predictions, further])
  if (!predictions || !dataset)
    return (
      <p className="empty gallery-empty">
        Whenever a run is scored, paused or finished, the mask of every unlabelled image appears here, the most doubtful first.
      </p>
    )
  const shown = all ? items : items.slice(0, first)
  const open = (image: PictureId) =>
    view(
      image,
      items.map((item) => item.image),
    )
  const drawn = new Set(dataset.exemplars.filter(({ from }) => from === 'drawing').map(({ id }) => id))
  return (
    <>
      <p className="quiet">
        {count(items.length)} predictions of step {count(predictions.step)},{' '}
        {further.size > 0 ? 'further images and then the most doubtful first' : 'most doubtful first'}: disagreement is the share of
        foreground on which A and B differ.
      </p>
      <ul className="gallery" ref={keepFocus}>
        {shown.map((item) => (
          <li key={item.image}>
            <Entry
              item={item}
              size={predictions.size}
              of={images.get(item.image)}
              further={further.has(item.image)}
              drawn={drawn.has(item.image)}
              palette={palette}
              onOpen={open}
            />
          </li>
        ))}
      </ul>
      {items.length > first && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${count(items.length)}`}
        </button>
      )}
    </>
  )
}

interface EntryProps {
  item: Prediction
  size: number
  of: UnlabeledInfo | undefined
  /** Not learnt from. */
  further: boolean
  /** Whether the user has drawn its mask, which then is the result. */
  drawn: boolean
  palette: Palette
  onOpen: (image: PictureId) => void
}

function Entry({ item, size, of, further, drawn, palette, onOpen }: EntryProps) {
  const nameId = useId()
  const seen = useThumbnail(item.image)
  const own = of?.annotated ? seen?.labels : null
  // As in what is exported: the prediction fills in where nothing is known.
  const labels = useMemo(() => (own ? own.map((l, i) => (l === unknown ? item.labels[i]! : l)) : item.labels), [own, item.labels])
  return (
    <figure className="picture" aria-labelledby={nameId} tabIndex={-1}>
      <button
        type="button"
        className="frame"
        aria-label={`Open ${item.name}`}
        onPointerEnter={loadViewerAhead}
        onFocus={loadViewerAhead}
        onClick={() => onOpen(item.image)}
      >
        {of && seen?.size === size && <OutlinedPicture grey={seen.pixels} labels={labels} size={size} palette={palette} side={256} />}
      </button>
      {(of?.annotated === true || further) && (
        <p className="marks">
          {further && <span>further</span>}
          {of?.annotated && <span>{drawn ? 'drawn' : 'annotated'}</span>}
        </p>
      )}
      <figcaption>
        <span className="name" id={nameId} title={item.name}>
          {item.name}
        </span>
        <span className="quiet">
          <span>differ {percent(item.disagreement)}</span>
          {/* The score is the prediction's. */}
          {item.dice !== null && !of?.annotated && <span>Dice {score(item.dice)}</span>}
        </span>
        <button type="button" aria-label={`Correct ${item.name}`} onClick={() => correct(item.image)}>
          Correct
        </button>
        <ResumeWith picture={item.image} />
      </figcaption>
    </figure>
  )
}
