import { memo, useEffect, useState } from 'react'
import type { GreyWindow } from '../../image/window'
import { countClasses, disagreement } from '../../image/masks'
import { viridisStops } from '../../image/palette'
import { useLatest } from '../../store/latest'
import { usePage } from '../../store/page-store'
import { imagesOf, look, measureMasks, setWindow, useViewer, type LayerName } from '../../store/viewer'
import type { DatasetSummary, MaskName, PictureId, ViewedPicture } from '../../worker/protocol'
import { count, percent, plural } from '../format'
import { OpacityField, WindowFields } from '../annotation/view-fields'
import { ClassTable } from './class-table'
import { ComparedNumbers } from './compared-runs'
import { lackOf, layerRows, measuredMask } from './layer'
import { measure, millilitres, squareMillimetres } from './measures'

interface Props {
  picture: ViewedPicture | null
  layer: LayerName | null
  dataset: DatasetSummary
  /** The slices in use of its volume. */
  slices: readonly PictureId[]
  /** The window that was chosen; undefined follows the file. */
  window: GreyWindow | undefined
}

/** How the image is shown, and how large what is marked on it is. */
export function ViewerSide({ picture, layer, dataset, slices, window }: Props) {
  const runs = useViewer((state) => state.runs)
  return (
    <div className="desk-side">
      {runs ? (
        <ComparedNumbers runs={runs} classes={dataset.classes} />
      ) : (
        <LayerButtons picture={picture} layer={layer} dataset={dataset} />
      )}
      <Look />
      <Window picture={picture} window={window} />
      {!runs && <Measures picture={picture} layer={layer} dataset={dataset} slices={slices} />}
      <Shortcuts />
    </div>
  )
}

function LayerButtons({ picture, layer, dataset }: Pick<Props, 'picture' | 'layer' | 'dataset'>) {
  const of = useViewer((state) => state.class)
  return (
    <section>
      <h3 id="viewer-layer">Over the image</h3>
      <div className="viewer-layers" role="group" aria-labelledby="viewer-layer">
        {layerRows.map(({ layer: own, name, key, hint }) => {
          const lack = picture && lackOf(own, picture)
          return (
            <button
              key={own}
              type="button"
              aria-label={name}
              aria-pressed={own === layer}
              aria-disabled={!picture || lack !== null}
              aria-keyshortcuts={key}
              data-model={own === 'A' || own === 'B' ? own : undefined}
              title={lack ?? `${hint} (${key})`}
              onClick={() => picture && lack === null && look({ layer: own })}
            >
              <span aria-hidden="true">{name}</span>
              <kbd aria-hidden="true">{key}</kbd>
            </button>
          )
        })}
      </div>
      <label className="field viewer-class">
        <span>Probability of</span>
        <select value={of} onChange={(event) => look({ class: Number(event.target.value) })}>
          {dataset.classes.map(({ index, name }) => (
            <option key={index} value={index}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Heat />
    </section>
  )
}

/** The colours of probabilities. */
function Heat() {
  const colours = viridisStops.map((stop) => `rgb(${stop.join(' ')})`).join(', ')
  return (
    <p className="viewer-heat">
      0 <span style={{ background: `linear-gradient(90deg, ${colours})` }} /> 1
    </p>
  )
}

function Look() {
  const opacity = useViewer((state) => state.opacity)
  const outlines = useViewer((state) => state.outlines)
  const drag = useViewer((state) => state.drag)
  return (
    <section aria-label="Look">
      <OpacityField value={opacity} shortcuts="[ ]" onChange={(value) => look({ opacity: value })} />
      <div className="viewer-choices">
        <label className="desk-check">
          <input type="checkbox" checked={outlines} aria-keyshortcuts="O" onChange={(event) => look({ outlines: event.target.checked })} />
          Outlines
        </label>
        <fieldset className="viewer-drag">
          <legend>Drag</legend>
          {(['window', 'move'] as const).map((does) => (
            <label key={does}>
              <input type="radio" name="viewer-drag" checked={drag === does} onChange={() => look({ drag: does })} />
              {does === 'window' ? 'sets window' : 'moves image'}
            </label>
          ))}
        </fieldset>
      </div>
    </section>
  )
}

function Window({ picture, window }: Pick<Props, 'picture' | 'window'>) {
  const all = picture ? [{ name: 'Automatic', ...picture.window }, ...picture.presets] : []
  const used = window ?? picture?.window ?? { center: 0, width: 1 }
  const { center, width } = used
  const choose = (next: GreyWindow | null) => picture && setWindow(picture.id, next)
  return (
    <section aria-label="Window">
      <WindowFields
        window={used}
        named={all}
        chosen={window ? all.findIndex((preset, k) => k > 0 && preset.center === center && preset.width === width) : 0}
        disabled={!picture}
        onChoose={(which) => choose(which === 0 ? null : { center: all[which]!.center, width: all[which]!.width })}
        onChange={choose}
      />
    </section>
  )
}

/** Slices measured at a time, so that what else is asked for gets its turn. */
const atOnce = 8

/** Pixels of each class in a mask of a whole volume, and of how many slices; null until they are counted. */
function useVolume(ids: readonly PictureId[], mask: MaskName | null): { pixels: number[]; slices: number } | null {
  const dataset = usePage((state) => state.dataset)
  const resting = usePage((state) => state.status.state !== 'running')
  const predictions = useLatest((state) => state.predictions)
  const key = ids.length > 1 && mask && resting ? ids.join() : ''
  const [known, setKnown] = useState<{ of: readonly unknown[]; pixels: number[]; slices: number } | null>(null)
  useEffect(() => {
    if (key === '' || mask === null) return
    let here = true
    void (async () => {
      const all = key.split(',') as PictureId[]
      const counts: number[][] = []
      for (let i = 0; i < all.length; i += atOnce) {
        const some = await measureMasks(all.slice(i, i + atOnce), mask)
        if (!here || !some) return
        counts.push(...some.filter((one) => one !== null))
      }
      const pixels = counts[0]?.map((_, c) => counts.reduce((sum, one) => sum + one[c]!, 0))
      if (pixels) setKnown({ of: [key, mask, dataset, predictions], pixels, slices: counts.length })
    })()
    return () => {
      here = false
    }
  }, [key, mask, dataset, predictions])
  // Not of another mask, or of what it was before.
  const current = [key, mask, dataset, predictions]
  return known?.of.every((one, i) => one === current[i]) ? known : null
}

const whose: Record<MaskName, string> = {
  mean: 'mask of both',
  A: 'mask of A',
  B: 'mask of B',
  exemplar: 'exemplar mask',
  reference: 'true mask',
}

/** It counts every pixel, so it is not rendered anew while the window is dragged. */
const Measures = memo(function Measures({ picture, layer, dataset, slices }: Omit<Props, 'window'>) {
  const mask = picture && layer && measuredMask(layer, picture)
  const volume = useVolume(slices, mask)
  const resting = usePage((state) => state.status.state !== 'running')
  const { classes } = dataset
  const labels = mask && picture.masks[mask]
  const pixels = labels ? countClasses(labels, classes.length) : null
  const spacing = picture?.spacing ?? null
  const thickness = picture?.thickness ?? null
  const deep = slices.length > 1
  const area = (c: number) => {
    if (!pixels) return '–'
    const known = squareMillimetres(pixels[c]!, spacing)
    return known === null ? count(pixels[c]!) : measure(known)
  }
  const content = (c: number) => {
    const known = volume && millilitres(volume.pixels[c]!, spacing, thickness)
    return known === null ? '–' : measure(known)
  }
  const apart = picture?.masks.A && picture.masks.B ? disagreement(picture.masks.A, picture.masks.B) : null
  return (
    <section>
      <ClassTable
        caption={`Size${mask ? ` of the ${whose[mask]}` : ''}`}
        classes={classes}
        columns={[
          { key: 'area', head: spacing ? 'Area, mm²' : 'Pixels', of: area },
          ...(deep ? [{ key: 'volume', head: 'Volume, mL', of: content }] : []),
        ]}
      />
      {deep && <p className="note">{volumeNote(resting, thickness, volume?.slices ?? null, slices.length, mask, dataset, slices)}</p>}
      <p className="note">A and B differ on {percent(apart)} of what they mark.</p>
    </section>
  )
})

function volumeNote(
  resting: boolean,
  thickness: number | null,
  measured: number | null,
  of: number,
  mask: MaskName | null,
  dataset: DatasetSummary,
  slices: readonly PictureId[],
): string {
  if (mask === null) return ''
  if (thickness === null) return 'The file does not say how far apart slices are, so there is no volume.'
  if (!resting) return 'The volume is measured whenever the run rests.'
  if (measured === null) return 'The volume is being measured…'
  const here = new Set(slices)
  const drawn =
    mask === 'exemplar' || mask === 'reference'
      ? 0
      : imagesOf(dataset).unlabeled.filter(({ id, annotated }) => annotated && here.has(id)).length
  const own = drawn > 0 ? `, ${drawn === 1 ? 'one' : drawn} of them as annotated` : ''
  return `The volume is of ${measured === of ? '' : `${count(measured)} of `}${plural(of, 'slice')}${own}.`
}

const keys = [
  ['← →', 'Previous and next image'],
  ['↑ ↓, wheel', 'Through the slices; Home and End to the ends'],
  [', .', 'Through the frames'],
  ['+ − 0', 'Zoom in, out, fit; wheel with Ctrl'],
  ['Shift ← → ↑ ↓', 'Move the enlarged image; or drag with Shift'],
  ['[ ]', 'Opacity'],
  ['O', 'Outlines'],
  ['1 … 9', 'Probability of that class'],
  ['C', 'Correct or annotate'],
] as const

function Shortcuts() {
  return (
    <details className="viewer-keys">
      <summary>Keys</summary>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
