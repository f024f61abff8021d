import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { chooseExemplar, closePicker, openPicture } from '../../store/commands'
import { usePage } from '../../store/page-store'
import { wantsMask } from '../../store/state'
import { view as openLarge } from '../../store/viewer'
import type { DatasetSummary, UnlabeledInfo } from '../../worker/protocol'
import { focusLeaves } from '../focus-leaves'
import { plural } from '../format'
import { keepFocus } from '../keep-focus'
import { useView } from '../use-view'
import { loadViewerAhead } from '../viewer-opener'
import { groupsOf, type Group } from './groups'
import { layRows, rowsInSight, type Row } from './rows'
import { StackHead } from './stack-head'
import { Tile } from './tile'
import '../styles/picker.css'

/** Where the exemplar is chosen among all images: there by itself while there is no mask, else when it is asked for. */
export function Picker() {
  const dataset = usePage((state) => state.dataset)
  const wanted = usePage(wantsMask)
  const picking = usePage((state) => state.picking)
  if (!picking || !dataset || dataset.unlabeled.length === 0) return null
  return (
    <section id="picker" className="panel picker" aria-labelledby="picker-heading" ref={keepFocus} data-elsewhere="picker-button">
      <div className="picker-head">
        <h2 id="picker-heading">{wanted ? 'Choose the exemplar' : 'Images'}</h2>
        {!wanted && (
          <button type="button" onClick={closePicker}>
            Close
          </button>
        )}
      </div>
      <p className="hint">
        Pick a typical image in which every structure that you want is to be seen: what the exemplar does not show is never found. A click
        on a picture opens it large; <b>Annotate</b> opens the drawing tools.
      </p>
      <Choice dataset={dataset} />
    </section>
  )
}

/** Least side of a tile and the gap between two, in CSS pixels. */
const [least, gap] = [136, 12]

/** Room below a picture for its name and its buttons, which take two lines where an image has a mask. */
const [oneLine, twoLines] = [48, 68]

/** Heights of the heads of groups. */
const [plainHead, stackHead] = [30, 238]

/** A volume with fewer slices is seen at a glance. */
const manySlices = 3

function Choice({ dataset: { unlabeled, sources } }: { dataset: DatasetSummary }) {
  const [search, setSearch] = useState('')
  const groups = useMemo(() => groupsOf(unlabeled, sources, search), [unlabeled, sources, search])
  const found = groups.reduce((sum, { images }) => sum + images.length, 0)
  return (
    <>
      <div className="picker-search">
        <input
          type="search"
          aria-label="Search images"
          placeholder="Search by name or patient"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <p className="quiet" aria-live="polite">
          {search === '' ? plural(found, 'image') : `${plural(found, 'image')} found`}
        </p>
      </div>
      {groups.length === 0 && <p className="empty">No image has these words in its name, its patient’s or its volume’s.</p>}
      {/* Another search begins at the top again. */}
      {groups.length > 0 && <Tiles groups={groups} key={search} />}
    </>
  )
}

const annotate = (image: UnlabeledInfo) => void openPicture('annotate', image.id)

/** Which tile Tab goes to: arrow keys move it. */
interface Place {
  group: number
  tile: number
}

/** Of thousands of tiles only those in sight exist, and the one that Tab goes to. */
function Tiles({ groups }: { groups: readonly Group[] }) {
  const box = useRef<HTMLDivElement>(null)
  const [view, onScroll] = useView(box)
  const [asked, setAsked] = useState<Place | null>(null)
  /** The group whose head has the focus. */
  const [headed, setHeaded] = useState<number | null>(null)
  const columns = Math.max(1, Math.floor((view.width + gap) / (least + gap)))
  const side = Math.max(1, (view.width - gap * (columns - 1)) / columns)
  const masked = groups.some(({ images }) => images.some(({ hasReference, annotated }) => hasReference && !annotated))
  const pitch = side + (masked ? twoLines : oneLine) + gap
  const { rows, height } = useMemo(
    () =>
      layRows(
        groups.map(({ title, stack, images }) => ({
          count: images.length,
          head: title === '' ? 0 : stack && images.length >= manySlices ? stackHead : plainHead,
        })),
        columns,
        pitch,
      ),
    [groups, columns, pitch],
  )
  // The files may have changed meanwhile.
  const chosen = asked && groups[asked.group]?.images[asked.tile] ? asked : null
  const place = chosen ?? { group: 0, tile: 0 }
  const holds = (row: Row) => row.group === place.group && row.first <= place.tile && place.tile < row.end
  const inSight = new Set(rowsInSight(rows, view.top, view.height))
  // In their order: an element that is put elsewhere loses the focus.
  const shown = rows.filter((row) => inSight.has(row) || holds(row) || (row.end === 0 && row.group === headed))

  const open = ({ id }: UnlabeledInfo) =>
    openLarge(
      id,
      groups.flatMap(({ images }) => images.map((image) => image.id)),
    )
  const go = (to: Place) => {
    flushSync(() => setAsked(to))
    const row = rows.find(({ group, first, end }) => group === to.group && first <= to.tile && to.tile < end)
    const element = box.current
    if (!row || !element) return
    const [top, bottom] = [row.top, row.top + row.height]
    if (top < element.scrollTop) element.scrollTop = top
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const to = moved(groups, place, columns, event.key)
    const from = (event.target as HTMLElement).closest('[data-control]')
    if (!to || !from || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    go(to)
    const control = from.getAttribute('data-control')!
    // At once: the next key may come before the next frame.
    const controls = box.current?.querySelectorAll<HTMLElement>('[data-current="true"] [data-control]')
    const same = [...(controls ?? [])].find((one) => one.dataset.control === control) ?? controls?.[0]
    same?.focus({ preventScroll: true })
  }
  const head = (row: Row) => {
    const { key, title, said, word, images } = groups[row.group]!
    return (
      <div
        className="picker-title"
        style={{ top: row.top, height: row.height }}
        key={key}
        onFocus={() => setHeaded(row.group)}
        onBlur={(event) => focusLeaves(event) && setHeaded(null)}
      >
        <h3>
          {title} <span className="quiet">{[said, plural(images.length, word)].filter(Boolean).join(', ')}</span>
        </h3>
        {row.height === stackHead && (
          <StackHead
            name={title}
            word={word}
            images={images}
            shown={chosen?.group === row.group ? chosen.tile : null}
            // Without scrolling there: the head stays where the wheel is.
            onShow={(tile) => setAsked({ group: row.group, tile })}
            onOpen={open}
          />
        )}
      </div>
    )
  }
  const tilesOf = (row: Row) => {
    const { images, short } = groups[row.group]!
    return images.slice(row.first, row.end).map((image, i) => (
      <li key={image.id} style={{ top: row.top, left: i * (side + gap), width: side, height: pitch - gap }}>
        <Tile
          image={image}
          short={short[row.first + i]!}
          current={place.group === row.group && place.tile === row.first + i}
          onOpen={open}
          onAnnotate={annotate}
          onUseMask={({ source }) => void chooseExemplar(source)}
        />
      </li>
    ))
  }
  return (
    <div
      className="picker-box"
      ref={box}
      tabIndex={-1}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onPointerEnter={loadViewerAhead}
      onFocus={loadViewerAhead}
    >
      <div style={{ height }}>
        {shown.filter(({ end }) => end === 0).map(head)}
        <ul aria-label="Images">{shown.filter(({ end }) => end > 0).flatMap(tilesOf)}</ul>
      </div>
    </div>
  )
}

/** Where a key leads from a tile; null for one that leads nowhere. */
function moved(groups: readonly Group[], { group, tile }: Place, columns: number, key: string): Place | null {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key]
  if (key === 'Home') return { group: 0, tile: 0 }
  if (key === 'End') return { group: groups.length - 1, tile: groups.at(-1)!.images.length - 1 }
  if (by === undefined) return null
  const count = groups[group]!.images.length
  const to = tile + by
  if (to >= 0 && to < count) return { group, tile: to }
  // Down from a row above the last, which may be shorter.
  if (by === columns && Math.floor(tile / columns) < Math.floor((count - 1) / columns)) return { group, tile: count - 1 }
  const next = group + Math.sign(by)
  if (!groups[next]) return null
  return { group: next, tile: by > 0 ? 0 : groups[next].images.length - 1 }
}
