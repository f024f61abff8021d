import { markWords } from '../lib/mark'
import { recoveryWords } from '../lib/recovery'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { announcement, dataWords, plural } from './format'

/** Spoken by a screen reader when it changes, and seen by nobody. */
export const Spoken = ({ children }: { children: string }) => (
  <p className="unseen" aria-live="polite">
    {children}
  </p>
)

/** What happens to a run without a key being pressed; problems are alerts of their own. */
export function Announcements() {
  // A string, so that a step that changes no word renders nothing.
  const status = usePage((state) => announcement(state.status))
  const data = usePage((state) => (state.dataset ? dataWords(state.dataset) : ''))
  const advice = usePage(({ findings }) => findings.flatMap(({ warns, sentence }) => (warns ? [sentence] : [])).join(' '))
  const recovery = usePage((state) => state.recoveries.at(-1))
  const mark = usePage(({ marks, dataset }) => {
    const last = marks.at(-1)
    // The state is said below, and who changes a setting hears that.
    if (!last || last.what === 'stopped' || last.what === 'resumed' || last.what === 'setting') return ''
    const nameOf = (picture: string) =>
      (dataset?.exemplars.find(({ id }) => id === picture) ?? dataset?.unlabeled.find(({ id }) => id === picture))?.name
    return `${markWords(last, nameOf)}.`
  })
  const masks = useLatest(({ predictions }) => predictions?.items.length ?? 0)
  return (
    <>
      <Spoken>{data}</Spoken>
      <Spoken>{recovery ? `${recoveryWords(recovery)}.` : ''}</Spoken>
      <Spoken>{mark}</Spoken>
      <Spoken>{advice}</Spoken>
      <Spoken>{status}</Spoken>
      {/* Without the step: later ones take the place of these. */}
      <Spoken>{masks > 0 ? `${plural(masks, 'mask')} to look at, in Results.` : ''}</Spoken>
    </>
  )
}
