import { useMemo, useState } from 'react'
import { differing } from '../image/masks'
import { disagreementColour, paletteOf, rgbOf, viridis } from '../image/palette'
import { classesHere, greyOf, labelsOf, nameOf, useTimeline } from '../store/timeline'
import { flipCounts } from '../timeline/flips'
import type { SeenLabels } from '../timeline/live-views'
import type { Snapshot } from '../timeline/snapshot'
import { nearestTo } from '../timeline/timeline'
import type { Network, PictureId } from '../worker/protocol'
import { count, percent, plural } from './format'
import { drawOutlined } from './outlined-picture'
import { paintGrey, tint } from './painters'
import { usePainted } from './use-painted'

type Overlay = 'changed' | 'flips'

/** How the pseudo-labels of an image, as it is, have drifted up to the step that is shown. */
export function Drift() {
  const [open, setOpen] = useState(false)
  const any = useTimeline(({ snapshots }) => snapshots.length > 0)
  return (
    <details className="drift" data-begun={any} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Drift of the pseudo-labels</summary>
      {open && <Opened />}
    </details>
  )
}

function Opened() {
  const snapshots = useTimeline((state) => state.snapshots)
  const at = useTimeline((state) => state.at) ?? snapshots.at(-1)
  const [overlay, setOverlay] = useState<Overlay>('flips')
  const [chosen, setChosen] = useState<PictureId | null>(null)
  const [since, setSince] = useState<number | null>(null)
  const images = at ? labelsOf(at).map(({ image }) => image) : []
  const image = images.find((one) => one === chosen) ?? images[0]
  if (!at || !image) return <p className="quiet">It can be seen once a run has begun.</p>
  const of = snapshots.filter((one) => one.step <= at.step && one.images.includes(image) && seenIn(one, image) !== undefined)
  const from = of[nearestTo(of, since ?? 0)] ?? at
  return (
    <>
      <div className="drift-choice">
        <label>
          <span className="quiet">Image</span>{' '}
          <select aria-label="Image of the drift" value={image} onChange={(event) => setChosen(event.target.value as PictureId)}>
            {images.map((id) => (
              <option key={id} value={id}>
                {nameOf(id)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="quiet">Show</span>{' '}
          <select aria-label="What of the drift" value={overlay} onChange={(event) => setOverlay(event.target.value as Overlay)}>
            <option value="flips">how often flipped</option>
            <option value="changed">changed since</option>
          </select>
        </label>
        <button
          type="button"
          aria-disabled={overlay !== 'changed'}
          title="What has changed since the step that is shown now."
          onClick={() => overlay === 'changed' && setSince(at.step)}
        >
          Since step {count(at.step)}
        </button>
      </div>
      <div className="drift-pictures">
        {(['A', 'B'] as const).map((model) => (
          <DriftPicture key={model} {...{ model, image, of, at, from, overlay }} />
        ))}
      </div>
      <p className="quiet">On the image as it is; the views above are moved anew in every step. Counted from one kept step to the next.</p>
    </>
  )
}

const seenIn = (snapshot: Snapshot, image: PictureId): SeenLabels | undefined => labelsOf(snapshot).find((one) => one.image === image)

interface Props {
  model: Network
  image: PictureId
  /** The kept steps that have the image, up to the one that is shown. */
  of: readonly Snapshot[]
  at: Snapshot
  from: Snapshot
  overlay: Overlay
}

const crimson = rgbOf(disagreementColour)

function DriftPicture({ model, image, of, at, from, overlay }: Props) {
  const size = useTimeline((state) => state.size)
  const { labels, values, most, said } = useMemo(() => {
    const labels = seenIn(at, image)![model]
    if (overlay === 'changed') {
      const values = differing(labels, seenIn(from, image)![model])
      const share = values.reduce((sum, v) => sum + v, 0) / values.length
      return { labels, values, most: 1, said: `${percent(share)} changed since step ${count(from.step)}` }
    }
    const values = flipCounts(of.map((one) => seenIn(one, image)![model]))
    const most = values.reduce((a, b) => Math.max(a, b), 0)
    return { labels, values, most, said: most === 0 ? 'no label flipped yet' : `dark never, bright ${plural(most, 'time')}` }
  }, [model, image, of, at, from, overlay])
  const canvas = usePainted((context) => {
    const scale = Math.max(1, Math.round(256 / size))
    context.canvas.width = context.canvas.height = size * scale
    const picture = new ImageData(size, size)
    paintGrey(picture, greyOf(image) ?? new Uint8Array(size * size))
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue
      const at = Math.round((255 * values[i]!) / most) * 3
      const colour = overlay === 'changed' ? crimson : [viridis[at]!, viridis[at + 1]!, viridis[at + 2]!]
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = picture.data[4 * i + c]! * (1 - tint) + colour[c]! * tint
    }
    // Outlines alone: their tint would mix with that of the drift.
    drawOutlined(context, picture, { labels, palette: paletteOf(classesHere()), scale, unit: (size * scale) / 256, alpha: 0 })
  })
  return (
    <figure className="picture" aria-label={`Drift ${model}`}>
      <div className="frame">
        <canvas className="outlined" ref={canvas} width="64" height="64" />
      </div>
      <figcaption>
        <b data-model={model}>{model}</b> {said}
      </figcaption>
    </figure>
  )
}
