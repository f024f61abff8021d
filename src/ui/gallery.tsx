import { useId, useMemo, useState } from 'react'
import { useLab } from '../store/lab'
import { useLatest } from '../store/latest'
import type { Prediction } from '../worker/protocol'
import { paletteOf, type Palette } from './colours'
import { count, percent, score } from './format'
import { OutlinedPicture } from './outlined-picture'

const first = 24

/** All predictions, those first on which the models disagree most. */
export function Gallery() {
  const predictions = useLatest((state) => state.predictions)
  const dataset = useLab((state) => state.dataset)
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const [all, setAll] = useState(false)
  const items = useMemo(() => [...(predictions?.items ?? [])].sort((a, b) => b.disagreement - a.disagreement), [predictions])
  if (!predictions || !dataset)
    return (
      <p className="empty gallery-empty">
        When a run is scored, pauses or ends, the mask of every unlabelled image will stand here, the most doubtful first.
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
            <Entry item={item} size={predictions.size} grey={dataset.unlabeled[item.image]?.pixels} palette={palette} />
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
  grey: Uint8Array<ArrayBuffer> | undefined
  palette: Palette
}

function Entry({ item, size, grey, palette }: EntryProps) {
  const nameId = useId()
  return (
    <figure className="picture" aria-labelledby={nameId}>
      <div className="frame">
        {grey && grey.length === item.labels.length && (
          <OutlinedPicture grey={grey} labels={item.labels} size={size} palette={palette} side={256} />
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
      </figcaption>
    </figure>
  )
}
