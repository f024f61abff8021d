import { useMemo, useRef, useState, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { openPicture, removeExemplar } from '../store/commands'
import { usePage } from '../store/page-store'
import { useThumbnail } from '../store/thumbnails'
import { view } from '../store/viewer'
import { unknown } from '../image/raster'
import type { ExemplarInfo, PictureId } from '../worker/protocol'
import { paletteOf, type Palette } from '../image/palette'
import { canRemove } from './exemplars'
import { count, lastPart } from './format'
import { ModalDialog } from './modal-dialog'
import { OutlinedPicture } from './outlined-picture'
import { strikeUnknown } from './painters'
import { RemoveIcon } from './remove-icon'
import './styles/pile.css'

/** A volume whose mask marks every slice gives as many exemplars as slices. */
const few = 7

/** The annotated images as the network sees them, the first one large. */
export function ExemplarList() {
  const dataset = usePage((state) => state.dataset)
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const [all, setAll] = useState(false)
  const [asked, setAsked] = useState<number | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const exemplars = dataset?.exemplars ?? []
  const [first, ...others] = exemplars

  // The images to choose from are shown instead.
  if (!first && dataset && dataset.unlabeled.length > 0) return null

  const remove = (index: number) => {
    void removeExemplar(exemplars[index]!.id)
    // Closing the dialog returns the focus to a button that is about to disappear.
    flushSync(() => setAsked(null))
    list.current?.focus()
  }
  const askToRemove = (index: number) => {
    // A drawing exists nowhere else; what came from a file can be loaded again.
    if (exemplars[index]?.from === 'drawing') setAsked(index)
    else remove(index)
  }
  const edit = (index: number) => void openPicture('annotate', exemplars[index]!.id)
  const open = (id: PictureId) =>
    view(
      id,
      exemplars.map((exemplar) => exemplar.id),
    )
  const leaving = asked === null ? undefined : exemplars[asked]
  return (
    <div className="exemplars" ref={list} tabIndex={-1} role="group" aria-label="Annotated images">
      <figure className="annotated" aria-labelledby="annotated-name">
        {first && dataset ? (
          <OpenedBy exemplar={first} onOpen={open}>
            <Annotated exemplar={first} palette={palette} side={512} />
          </OpenedBy>
        ) : (
          <div className="frame">
            <p className="empty">The annotated image will appear here, with its mask outlined.</p>
          </div>
        )}
        <figcaption>
          <span id="annotated-name">Annotated image</span>
          {first && <span className="quiet"> {first.name}</span>}
        </figcaption>
        {first && (
          <FirstControls exemplar={first} removable={canRemove(exemplars, 0)} onEdit={() => edit(0)} onRemove={() => askToRemove(0)} />
        )}
      </figure>
      {dataset && others.length > 0 && (
        <ul className="exemplar-strip">
          {others.slice(0, all ? others.length : few - 1).map((exemplar, i) => (
            <li key={`${i} ${exemplar.name}`}>
              <Other
                exemplar={exemplar}
                palette={palette}
                onOpen={open}
                removable={canRemove(exemplars, i + 1)}
                onEdit={() => edit(i + 1)}
                onRemove={() => askToRemove(i + 1)}
              />
            </li>
          ))}
        </ul>
      )}
      {exemplars.length > few && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? 'Show fewer annotated' : `Show all ${count(exemplars.length)} annotated`}
        </button>
      )}
      {exemplars.some(({ shows }) => shows.includes(unknown)) && <p className="note">Struck through: unknown, so not learnt from.</p>}
      {asked !== null && leaving && (
        <ModalDialog title={`Remove the annotation of ${leaving.name}?`} onClose={() => setAsked(null)}>
          <p>The networks will no longer learn from what was drawn on this image; a run in progress goes on without it.</p>
          <div className="dialog-buttons">
            <button type="button" onClick={() => setAsked(null)}>
              Keep it
            </button>
            <button type="button" className="primary" onClick={() => remove(asked)}>
              Remove it
            </button>
          </div>
        </ModalDialog>
      )}
    </div>
  )
}

interface Shown {
  exemplar: ExemplarInfo
  palette: Palette
}

/** An exemplar with its mask outlined, as the networks see it. */
export function Annotated({ exemplar: { id, from }, palette, side }: Shown & { side: number }) {
  const seen = useThumbnail(id)
  const drawn = useMemo(() => {
    if (!seen) return null
    const { size, pixels, labels } = seen
    if (from === null || !labels) return { grey: pixels, labels: new Uint8Array(size * size), size }
    return { grey: labels.includes(unknown) ? strikeUnknown(pixels, labels, size) : pixels, labels, size }
  }, [seen, from])
  return drawn && <OutlinedPicture {...drawn} palette={palette} side={side} />
}

interface OpenedByProps {
  exemplar: ExemplarInfo
  onOpen: (id: PictureId) => void
  children: ReactNode
}

/** A click on the picture opens it large. */
function OpenedBy({ exemplar: { id, name }, onOpen, children }: OpenedByProps) {
  return (
    <button type="button" className="frame" aria-label={`Open annotated ${name}`} title={`Open ${name}`} onClick={() => onOpen(id)}>
      {children}
    </button>
  )
}

interface Controls {
  removable: boolean
  onEdit: () => void
  onRemove: () => void
}

function FirstControls({ exemplar: { name, from }, removable, onEdit, onRemove }: Controls & Pick<Shown, 'exemplar'>) {
  return (
    <div className="exemplar-buttons">
      {from === null ? (
        <button type="button" className="primary" onClick={onEdit}>
          Draw the mask
        </button>
      ) : (
        <button type="button" aria-label={`Edit annotation of ${name}`} onClick={onEdit}>
          Edit annotation
        </button>
      )}
      {removable && (
        <button type="button" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </button>
      )}
    </div>
  )
}

function Other({ exemplar, palette, removable, onEdit, onRemove, onOpen }: Controls & Shown & Pick<OpenedByProps, 'onOpen'>) {
  const { name, from } = exemplar
  const editing = from === null ? `Draw the mask of ${name}` : `Edit annotation of ${name}`
  return (
    <figure className="picture" aria-label={`Annotated: ${name}`}>
      <OpenedBy exemplar={exemplar} onOpen={onOpen}>
        <Annotated exemplar={exemplar} palette={palette} side={160} />
      </OpenedBy>
      <figcaption title={name}>{lastPart(name)}</figcaption>
      <div className="exemplar-buttons">
        <button type="button" aria-label={editing} title={editing} onClick={onEdit}>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d="M2.5 13.5 3.3 10 11 2.3l2.7 2.7L6 12.7z" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
          </svg>
        </button>
        {removable && (
          <button type="button" aria-label={`Remove ${name}`} title={`Remove ${name}`} onClick={onRemove}>
            <RemoveIcon />
          </button>
        )}
      </div>
    </figure>
  )
}
