import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { closePicture, inspectSource } from '../store/commands'
import { pageStore, usePage } from '../store/page-store'
import type { SourceInfo, VolumeNumbers } from '../worker/protocol'
import { count, plural } from './format'
import { Histogram } from './histogram'
import { ModalDialog } from './modal-dialog'
import { NewProblem } from './new-problem'
import { SlicesForm } from './slices-form'
import { SourcePicture } from './source-picture'
import { cutOf, imagesOf, isSingle, kindOf, orientationMeaning, reading, sizeOf, spacingOf } from './source-words'
import { WindowForm } from './window-form'
import type { GreyWindow } from '../image/window'
import './styles/source-dialog.css'

interface Props {
  /** Volumes to leaf through; the first is shown. */
  ids: readonly string[]
  onClose: () => void
}

/** How images are viewed; it is kept when another one is turned to. */
interface Look {
  /** Whether full images are wanted. */
  full: boolean
  /** The window that the user chose; null follows each file. */
  window: GreyWindow | null
}

const none: SourceInfo[] = []

/** A close look at one volume: what it is, its values, its images, and which part of it is used. */
export function SourceDialog({ ids, onClose }: Props) {
  const [position, setPosition] = useState(0)
  const [look, setLook] = useState<Look>({ full: false, window: null })
  const sources = usePage((state) => state.dataset?.sources ?? none)
  // The files may have changed meanwhile.
  const left = ids.map((id) => sources.find((source) => source.id === id)).filter((source) => source !== undefined)
  const at = Math.min(position, left.length - 1)
  const source = left[at]
  useEffect(
    () => () => {
      if (pageStore.getState().opening?.purpose === 'preview') closePicture()
    },
    [],
  )
  const gone = source === undefined
  useEffect(() => {
    if (gone) onClose()
  }, [gone, onClose])
  if (!source) return null
  const go = (by: number) => setPosition(Math.min(left.length - 1, Math.max(0, at + by)))
  return (
    <ModalDialog
      className="dialog source-dialog"
      title={source.name}
      head={(titleId) => (
        <header>
          <h2 id={titleId}>{source.name}</h2>
          {left.length > 1 && (
            <div className="leaf">
              {/* At an end a button that disables itself would lose the focus. */}
              <button type="button" className="small" aria-label="Previous image" aria-disabled={at === 0} onClick={() => go(-1)}>
                ‹
              </button>
              <span className="quiet">
                {count(at + 1)} of {count(left.length)}
              </span>
              <button type="button" className="small" aria-label="Next image" aria-disabled={at === left.length - 1} onClick={() => go(1)}>
                ›
              </button>
            </div>
          )}
          <button type="button" onClick={onClose}>
            Close
          </button>
        </header>
      )}
      onClose={onClose}
    >
      <NewProblem />
      <SourceView source={source} look={look} onLook={setLook} key={source.id} />
    </ModalDialog>
  )
}

interface ViewProps {
  source: SourceInfo
  look: Look
  onLook: (look: Look) => void
}

function SourceView({ source, look, onLook }: ViewProps) {
  const { id } = source
  const details = usePage((state) => state.details[id])
  const known = details !== undefined
  useEffect(() => {
    if (!known) void inspectSource(id)
  }, [id, known])

  const unlabeled = usePage((state) => state.dataset?.unlabeled)
  const images = useMemo(() => (unlabeled ?? []).filter((image) => image.source === id), [unlabeled, id])
  const [slice, setSlice] = useState(() => Math.floor(images.length / 2))
  const shown = images[Math.min(slice, images.length - 1)]?.id
  const opened = usePage(({ opened, opening }) => (opening?.purpose === 'preview' && opened?.id === shown ? opened : null))
  const window = look.window ?? opened?.window ?? null
  return (
    <div className="source-view">
      <div className="source-look">
        <SourcePicture
          images={images}
          slice={Math.min(slice, images.length - 1)}
          onSlice={setSlice}
          full={look.full}
          onFull={(full) => onLook({ ...look, full })}
          picture={opened}
          window={window}
        />
        <WindowForm
          picture={opened}
          details={details}
          window={window}
          chosen={look.window !== null}
          onChange={(window) => onLook({ ...look, window })}
        />
      </div>
      <div className="source-tell">
        <Facts source={source} details={details} />
        {details ? (
          <Histogram counts={details.histogram} min={details.min} max={details.max} window={window} />
        ) : (
          <div className="histogram">
            <div className="bars" />
          </div>
        )}
        {!isSingle(source) && <SlicesForm source={source} />}
        {details?.labels && <Values labels={details.labels} />}
      </div>
    </div>
  )
}

function Facts({ source, details }: { source: SourceInfo; details: VolumeNumbers | undefined }) {
  const { patient, orientation, axis, notes, planes } = source
  return (
    <>
      <dl className="facts">
        <Fact term="Kind">{kindOf(source)}</Fact>
        {patient !== '' && <Fact term="Patient">{patient}</Fact>}
        <Fact term="Size">{sizeOf(source)}</Fact>
        <Fact term="Spacing">{source.spacing ? spacingOf(source) : 'not in the file'}</Fact>
        <Fact term="Orientation">
          {orientation === null ? (
            'not in the file'
          ) : (
            <>
              <strong>{orientation}</strong> {orientationMeaning(orientation)}
            </>
          )}
        </Fact>
        {!isSingle(source) && (
          <Fact term="Images">
            {imagesOf(source)}
            {planes[axis] === null && `, cut along ${cutOf(source, axis)}`}
          </Fact>
        )}
        <Fact term="Values">
          {details ? `${reading(details.min)} to ${reading(details.max)}, mean ${reading(details.mean)}` : 'reading…'}
        </Fact>
      </dl>
      {notes.map((note) => (
        <p className="note needs" key={note}>
          {note}
        </p>
      ))}
    </>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Every value of a file that has only a few, such as the labels of a label image. */
function Values({ labels }: { labels: NonNullable<VolumeNumbers['labels']> }) {
  const named = labels.some(({ name }) => name !== null)
  return (
    <table className="values">
      <caption>{plural(labels.length, 'value')}</caption>
      <thead>
        <tr>
          <th scope="col">Value</th>
          {named && <th scope="col">Name</th>}
          <th scope="col" className="number">
            Voxels
          </th>
        </tr>
      </thead>
      <tbody>
        {labels.map(({ value, count: voxels, name, color }) => (
          <tr key={value}>
            <th scope="row">
              {color !== null && <span className="swatch" style={{ background: color }} />}
              <code>{value}</code>
            </th>
            {named && <td>{name ?? ''}</td>}
            <td className="number">{count(voxels)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
