import { configureRun } from '../store/commands'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { canSegment, loading } from '../store/state'
import type { DatasetSummary } from '../worker/protocol'
import { FileButton } from './file-button'
import { count } from './format'
import { giveFiles } from './give-files'
import './styles/further.css'

/** Files that the networks at hand segment without learning from them. */
export function SegmentFurther() {
  const can = usePage((state) => canSegment(state) && !loading(state))
  const loaded = usePage((state) => state.loaded)
  const there = usePage((state) => state.dataset?.further.images.length ?? 0)
  const busy = usePage((state) =>
    state.pending.some((request) => request.type === 'load-files' && request.given.files.some(({ role }) => role === 'further')),
  )
  const asked = { can, describedBy: 'further-hint', onFiles: (files: File[]) => void giveFiles(files, 'further') }
  return (
    <div className="further">
      <FileButton {...asked}>Segment further images</FileButton>
      <FileButton {...asked} folder>
        Segment a folder
      </FileButton>
      <p className="quiet" id="further-hint" aria-live="polite">
        {busy
          ? 'Reading the images…'
          : there > 0
            ? `${count(there)} further ${there === 1 ? 'image is' : 'images are'} segmented below, and not learnt from.`
            : loaded !== null
              ? `The networks of ${loaded} are ready: choose images for them, or drop them here, in any format that is read. Nothing is trained.`
              : can
                ? 'New images, chosen or dropped, with these networks and without training: their masks come in their own formats.'
                : 'When a run rests, its networks can segment other images too.'}
      </p>
    </div>
  )
}

/** How further images are unlike those that were learnt from. */
export function Unlike() {
  const sentences = useLatest((state) => state.predictions?.unlike)
  if (!sentences || sentences.length === 0) return null
  return (
    <ul className="notes" aria-label="Images unlike those learnt from">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}

const choices = [
  { key: 'largest', shape: 'single', name: 'Largest piece only', where: 'that the exemplar shows in one piece' },
  { key: 'holes', shape: 'solid', name: 'Fill holes', where: 'that have none in the exemplar' },
] as const

/** The names of some classes, or that there are none. */
function namesOf({ classes, shapes }: DatasetSummary, shape: 'single' | 'solid'): string | null {
  const names = classes.filter(({ index }) => shapes[shape].includes(index)).map(({ name }) => name)
  return names.length > 0 ? names.join(', ') : null
}

/** What becomes of the networks' masks in gallery, scores and exports. */
export function MaskChoices() {
  const running = usePage((state) => state.running)
  const dataset = usePage((state) => state.dataset)
  const can = usePage(canSegment)
  const there = useLatest((state) => state.predictions !== null)
  // Until it is answered, the choice is shown as asked.
  const asked = usePage(({ pending }) => pending.filter((request) => request.type === 'configure').at(-1))?.given.values
  if (!running || !dataset || !there) return null
  return (
    <fieldset className="mask-choices" disabled={!can}>
      <legend className="quiet">Masks</legend>
      {choices.map(({ key, shape, name, where }) => {
        const names = namesOf(dataset, shape)
        return (
          <label key={key} title={`Of classes ${where}: ${names ?? 'there is none'}. Of volumes in three dimensions.`}>
            <input
              type="checkbox"
              checked={asked?.[key] ?? running[key]}
              disabled={names === null}
              onChange={({ target }) => configureRun({ [key]: target.checked })}
            />
            <span>
              {name} <span className="quiet">{names === null ? 'no such class' : names}</span>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
