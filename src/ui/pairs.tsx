import { memo, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { chooseMask, undoMask } from '../store/commands'
import { pageStore, usePage } from '../store/page-store'
import { allowed } from '../store/state'
import type { PairList } from '../worker/protocol'
import { focusLeaves } from './focus-leaves'
import { lastPart } from './format'
import { keepFocus } from './keep-focus'
import { imagesFor, keyOf, masksFor, pairRows, sayPairs, sayRow, type Choice, type PairRow } from './pair-rows'
import { tilesInSight } from './tiles'
import { useView } from './use-view'
import './styles/pairs.css'

/** Height of a row in CSS pixels, as in pairs.css. */
const pitch = 92

/** Which mask is of which image, and why; it can be set, changed and taken back. */
export function Pairs() {
  const pairs = usePage((state) => state.dataset?.pairs ?? null)
  return pairs && <List pairs={pairs} />
}

function List({ pairs }: { pairs: PairList }) {
  const can = usePage((state) => allowed(state).load)
  const [unpaired, setUnpaired] = useState(false)
  /** Images that were changed since the switch was used: it does not hide them. */
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set())
  const [said, setSaid] = useState('')
  const [focused, setFocused] = useState<string | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const [view, onScroll] = useView(box)

  const rows = useMemo(() => pairRows(pairs, unpaired, kept), [pairs, unpaired, kept])
  const [first, end] = tilesInSight({ columns: 1, pitch }, rows.length, view.top, view.height)
  // What has the focus must not vanish when it is scrolled out of sight. Tab goes to its neighbours, and may be pressed again
  // before the browser tells of the scrolling.
  const at = focused === null ? -1 : rows.findIndex((row) => keyOf(row) === focused)
  const near = at < 0 ? [] : [at - 1, at, at + 1].filter((index) => index >= 0 && index < rows.length)
  const inSight = Array.from({ length: end - first }, (_, i) => first + i)
  const shown = [...new Set([...inSight, ...near])].sort((a, b) => a - b)

  const tell = (change: Promise<string | undefined>) => change.then((sentence) => setSaid(sentence ?? ''))
  const choose = (image: string, mask: string | null) => {
    setKept((before) => new Set([...before, image]))
    void tell(chooseMask(image, mask))
  }
  const undo = async (button: HTMLElement) => {
    await tell(undoMask())
    // The button is disabled then, and cannot keep the focus.
    const focus = document.activeElement
    const lost = focus === button || focus === document.body
    if (lost && !pageStore.getState().dataset?.pairs?.undo) box.current?.focus()
  }
  return (
    // A mask that has found its image is no row any more.
    <section className="pairs" aria-labelledby="pairs-heading" ref={keepFocus}>
      <h3 id="pairs-heading">Pairs of image and mask</h3>
      <p className="quiet">{sayPairs(pairs)}.</p>
      <div className="pair-tools">
        <label>
          <input
            type="checkbox"
            role="switch"
            checked={unpaired}
            onChange={(event) => {
              setUnpaired(event.target.checked)
              setKept(new Set())
            }}
          />{' '}
          Only the unpaired
        </label>
        <button
          type="button"
          className="small"
          disabled={!can || pairs.undo === null}
          aria-label={pairs.undo === null ? 'Undo' : `Undo ${pairs.undo}`}
          title={pairs.undo === null ? undefined : `Undo ${pairs.undo}`}
          onClick={({ currentTarget }) => void undo(currentTarget)}
        >
          Undo
        </button>
      </div>
      {!can && <p className="note">Pause or stop the run to change pairs.</p>}
      <div
        className="pair-box"
        ref={box}
        // Without anything in it that takes the focus, it has to be scrolled by keys.
        tabIndex={can ? -1 : 0}
        role="group"
        aria-label="List of pairs"
        onScroll={onScroll}
        onFocus={({ target }) => setFocused(target.closest('li')?.dataset.key ?? null)}
        onBlur={(event) => focusLeaves(event) && setFocused(null)}
      >
        <ul aria-label="Pairs" style={{ height: rows.length * pitch }}>
          {shown.map((index) => {
            const row = rows[index]!
            const key = keyOf(row)
            return (
              <li key={key} data-key={key} style={{ top: index * pitch }} aria-posinset={index + 1} aria-setsize={rows.length}>
                <Row pairs={pairs} row={row} can={can} choose={choose} />
              </li>
            )
          })}
        </ul>
        {rows.length === 0 && <p className="note">Every image has a mask, and every mask an image.</p>}
      </div>
      <p className="quiet" role="status">
        {said}
      </p>
    </section>
  )
}

interface RowProps {
  pairs: PairList
  row: PairRow
  can: boolean
  choose: (image: string, mask: string | null) => void
}

/** Drawn again only for other pairs: each holds a list of all masks. */
const Row = memo(PairItem, (a, b) => a.pairs === b.pairs && a.can === b.can && keyOf(a.row) === keyOf(b.row))

function PairItem({ pairs, row, can, choose }: RowProps) {
  const name = row.kind === 'image' ? row.image.name : row.mask.name
  const own = row.kind === 'image' ? row.image.id : row.mask.id
  // Until it is answered, the choice is shown as asked.
  const asked = usePage(({ pending }) =>
    pending.filter(({ type, given }) => type === 'choose-mask' && own === (row.kind === 'image' ? given.image : given.mask)).at(-1),
  )
  const given = asked?.type === 'choose-mask' ? asked.given : undefined
  const text = sayRow(pairs, row)
  const whyId = useId()
  const label = `${row.kind === 'image' ? 'Mask of' : 'Image of'} ${name}`
  const folder = name.slice(0, name.length - lastPart(name).length)
  return (
    <>
      <p className="pair-name" title={name}>
        <span className="quiet">{folder}</span>
        <span>{lastPart(name)}</span>
      </p>
      {row.kind === 'image' ? (
        <Chooser
          label={label}
          describedBy={whyId}
          none="No mask"
          choices={masksFor(pairs, row.image)}
          value={given ? given.mask : row.image.mask}
          can={can}
          onChoose={(mask) => choose(own, mask)}
        />
      ) : (
        <Chooser
          label={label}
          describedBy={whyId}
          none="No image"
          choices={imagesFor(pairs, row.mask)}
          value={given?.image ?? null}
          can={can}
          onChoose={(image) => image !== null && choose(image, own)}
        />
      )}
      <p className="pair-why quiet" id={whyId} title={text}>
        {text}
      </p>
    </>
  )
}

interface ChooserProps {
  label: string
  describedBy: string
  none: string
  choices: { likely: Choice[]; others: Choice[] }
  value: string | null
  can: boolean
  onChoose: (id: string | null) => void
}

/** Milliseconds without another key before a choice is taken. */
const settled = 600

/** A list to choose from. The arrow keys pass through others on their way, so what they choose is taken at Enter, on leaving, or after a pause. */
function Chooser({ label, describedBy, none, choices: { likely, others }, value, can, onChoose }: ChooserProps) {
  const byKey = useRef(false)
  const [draft, setDraft] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const take = (chosen: string | null) => {
    clearTimeout(timer.current)
    setDraft(null)
    if (chosen !== null && chosen !== (value ?? '')) onChoose(chosen || null)
  }
  const change = (chosen: string) => {
    if (!byKey.current) return take(chosen)
    setDraft(chosen)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => take(chosen), settled)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    byKey.current = true
    if (draft === null || (event.key !== 'Enter' && event.key !== 'Escape')) return
    event.preventDefault()
    take(event.key === 'Enter' ? draft : null)
  }
  const options = (some: Choice[]) =>
    some.map(({ id, label }) => (
      <option value={id} key={id}>
        {label}
      </option>
    ))
  return (
    <select
      aria-label={label}
      aria-describedby={describedBy}
      value={draft ?? value ?? ''}
      disabled={!can || likely.length + others.length === 0}
      onKeyDown={onKeyDown}
      onPointerDown={() => (byKey.current = false)}
      onBlur={() => take(draft)}
      onChange={(event) => change(event.target.value)}
    >
      <option value="">{none}</option>
      {likely.length > 0 ? <optgroup label="Could belong here">{options(likely)}</optgroup> : null}
      {likely.length > 0 && others.length > 0 ? <optgroup label="Others that fit">{options(others)}</optgroup> : options(others)}
    </select>
  )
}
