import { useId, useMemo, useState } from 'react'
import { openPicture } from '../store/commands'
import { usePage } from '../store/page-store'
import { useLatest } from '../store/latest'
import { useThumbnail } from '../store/thumbnails'
import type { PictureId, Prediction, UnlabeledInfo } from '../worker/protocol'
import { paletteOf, type Palette } from '../image/palette'
import { count, percent, score } from './format'
import { OutlinedPicture } from './outlined-picture'
import './styles/pile.css'

const first = 24

const correct = (image: PictureId) => void openPicture('annotate', image)

/** All predictions, beginning with those on which the models disagree most. */
export function Gallery() {
  const predictions = useLatest((state) => state.predictions)
  const dataset = usePage((state) => state.dataset)
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const [all, setAll] = useState(false)
  const items = useMemo(() => [...(predictions?.items ?? [])].sort((a, b) => b.disagreement - a.disagreement), [predictions])
  const images = useMemo(() => new Map(dataset?.unlabeled.map((image) => [image.id, image])), [dataset?.unlabeled])
  if (!predictions || !dataset)
    return (
      <p className="empty gallery-empty">
        Whenever a run is scored, paused or finished, the mask of every unlabelled image appears here, the most doubtful first.
      </p>
    )
  const shown = all ? items : items.slice(0, first)
  return (
    <>
      <p className="quiet">
        {count(items.length)} predictions of step {count(predictions.step)}, most doubtful first: disagreement is the share of foreground on
        which A and B differ.
      </p>
      <ul className="gallery">
        {shown.map((item) => (
          <li key={item.image}>
            <Entry item={item} size={predictions.size} of={images.get(item.image)} palette={palette} />
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
  palette: Palette
}

function Entry({ item, size, of, palette }: EntryProps) {
  const nameId = useId()
  const seen = useThumbnail(item.image)
  return (
    <figure className="picture" aria-labelledby={nameId}>
      <div className="frame">
        {of && seen?.size === size && <OutlinedPicture grey={seen.pixels} labels={item.labels} size={size} palette={palette} side={256} />}
        {of?.annotated && (
          <p className="marks">
            <span>annotated</span>
          </p>
        )}
      </div>
      <figcaption>
        <span className="name" id={nameId} title={item.name}>
          {item.name}
        </span>
        <span className="quiet">
          <span>differ {percent(item.disagreement)}</span>
          {item.dice !== null && <span>Dice {score(item.dice)}</span>}
        </span>
        <button type="button" aria-label={`Correct ${item.name}`} onClick={() => correct(item.image)}>
          Correct
        </button>
      </figcaption>
    </figure>
  )
}
