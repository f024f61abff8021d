import { useCallback, useEffect, useMemo, useRef, type RefObject } from 'react'
import { pageStore } from '../../store/page-store'
import {
  closeViewer,
  draw,
  fitted,
  imageOf,
  imagesOf,
  leaf,
  look,
  scrollSlices,
  turnTo,
  useViewer,
  viewer as viewerStore,
  type LayerName,
} from '../../store/viewer'
import { framesOf, sourceOf, stackOf } from '../../store/stack'
import type { DatasetSummary, PictureId, ViewedPicture } from '../../worker/protocol'
import { arrows } from '../annotation/gestures'
import { count } from '../format'
import { keepFocus } from '../keep-focus'
import { ModalDialog } from '../modal-dialog'
import { NewProblem } from '../new-problem'
import { ResumeWith } from '../resume-with'
import { millimetres } from '../source-words'
import { ComparedRuns } from './compared-runs'
import { layerOn, layerRows, lackOf } from './layer'
import { seeMore, zoomBy, type Sight } from './pointers'
import { ViewerPicture } from './viewer-picture'
import { ViewerSide } from './viewer-side'
import '../styles/desk.css'
import '../styles/viewer.css'

interface Props {
  dataset: DatasetSummary
  /** The image asked for; the one before is shown until it has come. */
  asked: PictureId
}

/** One image large, with its masks to compare, over the whole window. */
export function Viewer({ dataset, asked }: Props) {
  const shown = useViewer((state) => state.shown)
  const among = useViewer((state) => state.among)
  const wanted = useViewer((state) => state.layer)
  const runs = useViewer((state) => state.runs)
  const own = useViewer((state) => (shown ? state.windows[sourceOf(shown.id)] : undefined))
  const sight = useRef<Sight | null>(null)
  const keepSight = useCallback((now: Sight | null) => {
    sight.current = now
  }, [])
  const dialog = useRef<HTMLDialogElement>(null)
  // Of all images, which may be thousands; a drag of the window renders many times a second.
  const { slices, inUse, frames, name } = useMemo(() => {
    const images = imagesOf(dataset)
    const stack = stackOf(images, asked)
    return {
      slices: stack.map(({ id }) => id),
      inUse: stack.filter((slice) => slice.inUse).map(({ id }) => id),
      frames: framesOf(images, asked),
      name: imageOf(dataset, asked)?.name ?? '',
    }
  }, [dataset, asked])
  const at = among.indexOf(asked)
  const layer = shown && layerOn(wanted, shown)
  return (
    <ModalDialog
      ref={dialog}
      className="desk viewer"
      title={`View ${name}`}
      head={(titleId) => (
        <header className="desk-head" ref={keepFocus} tabIndex={-1}>
          <div className="desk-title">
            <h2 id={titleId}>
              <span className="unseen">View </span>
              {name}
            </h2>
            <p className="quiet">{shown ? factsOf(shown) : 'Opening…'}</p>
          </div>
          {among.length > 1 && (
            <div className="viewer-leaf">
              <button
                type="button"
                aria-label="Previous image"
                aria-keyshortcuts="ArrowLeft"
                title="Previous image (←)"
                aria-disabled={at <= 0}
                onClick={() => leaf(-1)}
              >
                ‹
              </button>
              <span className="quiet">
                {count(at + 1)} of {count(among.length)}
              </span>
              <button
                type="button"
                aria-label="Next image"
                aria-keyshortcuts="ArrowRight"
                title="Next image (→)"
                aria-disabled={at === among.length - 1}
                onClick={() => leaf(1)}
              >
                ›
              </button>
            </div>
          )}
          <ResumeWith picture={asked} />
          <button type="button" className="primary" aria-keyshortcuts="C" title={`${drawWord(shown)} (C)`} onClick={() => void draw(asked)}>
            {drawWord(shown)}
          </button>
          <button type="button" title="Close (Escape)" onClick={closeViewer}>
            Close
          </button>
        </header>
      )}
      onClose={closeViewer}
    >
      <NewProblem />
      <Keys dialog={dialog} sight={sight} asked={asked} frames={frames} />
      <div className="desk-parts" aria-busy={shown?.id !== asked}>
        <div className="desk-stage">
          {shown && runs ? (
            <ComparedRuns picture={shown} runs={runs} classes={dataset.classes} window={own ?? shown.window} onSight={keepSight} />
          ) : shown && layer ? (
            <ViewerPicture picture={shown} layer={layer} classes={dataset.classes} window={own ?? shown.window} onSight={keepSight} />
          ) : (
            <>
              <div className="desk-picture" />
              <p className="viewer-readout" />
            </>
          )}
          <Through label="Slice" ids={slices} asked={asked} of={shown ? [shown.slice, shown.slices] : null} />
          <Through label={shown?.frameMeans === 'channel' ? 'Channel' : 'Frame'} ids={frames} asked={asked} of={null} />
        </div>
        <ViewerSide picture={shown} layer={layer} dataset={dataset} slices={inUse} window={own} />
      </div>
    </ModalDialog>
  )
}

const drawWord = (shown: ViewedPicture | null): string =>
  shown?.masks.exemplar ? 'Edit annotation' : shown?.masks.mean ? 'Correct' : 'Annotate'

function factsOf({ width, height, spacing, slice, slices, step, drawn, masks }: ViewedPicture): string {
  const parts = [
    `${count(width)} × ${count(height)} pixels${spacing ? ` of ${millimetres(spacing)}` : ''}`,
    slices > 1 ? `slice ${count(slice + 1)} of ${count(slices)}` : null,
    step > 0 ? `predicted at step ${count(step)}` : null,
    masks.exemplar ? (drawn ? 'drawn' : 'exemplar') : null,
  ]
  return parts.filter((part) => part !== null).join(' · ')
}

interface ThroughProps {
  label: string
  ids: readonly PictureId[]
  asked: PictureId
  /** Which of how many it is in its volume, where not every one is an image. */
  of: readonly [number, number] | null
}

/** A slider through the slices or the frames of a volume; nothing where there is only one. */
function Through({ label, ids, asked, of }: ThroughProps) {
  if (ids.length < 2) return null
  const at = ids.indexOf(asked)
  const [place, all] = of && of[1] !== ids.length ? of : [at, ids.length]
  return (
    <label className="viewer-through">
      <span>{label}</span>
      <input
        type="range"
        min={1}
        max={ids.length}
        value={at + 1}
        aria-valuetext={`${at + 1} of ${ids.length}`}
        onChange={(event) => turnTo(ids[Number(event.target.value) - 1])}
      />
      <span>
        {count(place + 1)} of {count(all)}
      </span>
    </label>
  )
}

interface KeysProps {
  dialog: RefObject<HTMLDialogElement | null>
  sight: RefObject<Sight | null>
  asked: PictureId
  frames: readonly PictureId[]
}

/** The keys that work everywhere in the dialog, but not in the editor over it. */
function Keys({ dialog, sight, asked, frames }: KeysProps) {
  const press = useRef<(event: KeyboardEvent) => boolean>(() => false)
  useEffect(() => {
    press.current = (event) => keyPressed(event, sight.current, asked, frames)
  })
  useEffect(() => {
    const element = dialog.current!
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || belongsToControl(event)) return
      if (press.current(event)) event.preventDefault()
    }
    element.addEventListener('keydown', onKey)
    return () => element.removeEventListener('keydown', onKey)
  }, [dialog])
  return null
}

/** Keys in fields are theirs, a slider's arrows too, and on the image arrows move the cross-hair. */
function belongsToControl({ target, key, shiftKey }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false
  if (target.matches('select, input[type=number]')) return true
  if (target.matches('input:is([type=range], [type=radio])')) return /^(Arrow|Page|Home$|End$)/.test(key)
  return target.matches('canvas') && key.startsWith('Arrow') && !shiftKey
}

/** @returns whether the key did something */
function keyPressed(event: KeyboardEvent, sight: Sight | null, asked: PictureId, frames: readonly PictureId[]): boolean {
  const { key, shiftKey } = event
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  const { outlines, opacity, shown } = viewerStore.getState()
  const letter = key.length === 1 ? key.toUpperCase() : key
  const arrow = arrows[key]
  if (arrow && shiftKey) {
    if (sight) seeMore(arrow, sight)
    return true
  }
  const row = layerRows.find((one) => one.key === letter)
  if (row) chooseLayer(row.layer, shown)
  else if (key === 'ArrowLeft') leaf(-1)
  else if (key === 'ArrowRight') leaf(1)
  else if (key === 'ArrowUp' || key === 'PageUp') scrollSlices(-1)
  else if (key === 'ArrowDown' || key === 'PageDown') scrollSlices(1)
  else if (key === 'Home') scrollSlices(-Infinity)
  else if (key === 'End') scrollSlices(Infinity)
  else if (key === ',' || key === '.') turnTo(frames[frames.indexOf(asked) + (key === ',' ? -1 : 1)])
  else if (sight && '+=-'.includes(key)) zoomBy(key === '-' ? 0.8 : 1.25, sight)
  else if (key === '0') look({ zoom: fitted })
  else if (letter === 'O') look({ outlines: !outlines })
  else if (key === '[' || key === ']') look({ opacity: Math.min(1, Math.max(0, Math.round(10 * opacity + (key === '[' ? -1 : 1)) / 10)) })
  else if (/^[1-9]$/.test(key) && Number(key) < (pageStore.getState().dataset?.classes.length ?? 0))
    look({ class: Number(key), layer: 'probability' })
  else if (letter === 'C') void draw(asked)
  else return false
  return true
}

const chooseLayer = (layer: LayerName, shown: ViewedPicture | null) => {
  if (shown && lackOf(layer, shown) === null) look({ layer })
}
