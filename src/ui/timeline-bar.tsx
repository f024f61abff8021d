import type { KeyboardEvent } from 'react'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { goBy, goLive, goTo, play, stopPlaying, useTimeline } from '../store/timeline'
import { labelHash, type Snapshot } from '../timeline/snapshot'
import { bytesOfAll, memoryBudget } from '../timeline/timeline'
import type { LiveViews } from '../worker/protocol'
import { Drift } from './drift'
import { count, plural } from './format'
import './styles/timeline.css'

/** Moves pictures, numbers and the charts' cursor to an earlier step, while the run goes on. */
export function TimelineBar() {
  const snapshots = useTimeline((state) => state.snapshots)
  const at = useTimeline((state) => state.at)
  const replay = useTimeline((state) => state.replay)
  const playing = useTimeline((state) => state.playing)
  const now = usePage(({ status }) => status.step)
  const none = snapshots.length === 0
  const first = snapshots[0]?.step ?? 0
  const last = Math.max(first, snapshots.at(-1)?.step ?? 0, now)
  return (
    <section className="timeline" aria-label="Timeline">
      <div className="timeline-row">
        <button
          type="button"
          aria-disabled={snapshots.length < 2}
          aria-pressed={playing}
          title="Shows one kept step after another."
          onClick={() => (playing ? stopPlaying() : play())}
        >
          Play
        </button>
        <div className="timeline-track">
          <input
            type="range"
            aria-label="Timeline"
            aria-valuetext={at ? `step ${at.step} of ${last}` : none ? 'nothing yet' : `now, step ${last}`}
            min={first}
            max={Math.max(first + 1, last)}
            value={at?.step ?? Math.max(first + 1, last)}
            disabled={none}
            onChange={(event) => choose(event.target.valueAsNumber, last)}
            onKeyDown={key}
          />
          <Kept snapshots={snapshots} first={first} last={last} />
        </div>
        <button type="button" aria-pressed={at === null} aria-disabled={none} onClick={goLive}>
          {replay ? 'End' : 'Live'}
        </button>
      </div>
      <Said at={at} none={none} />
      <Drift />
    </section>
  )
}

function choose(step: number, last: number): void {
  stopPlaying()
  if (step >= last) goLive()
  else goTo(step)
}

/** Arrow keys go from one kept step to the next; a range by itself would go by single steps. */
function key(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[
    event.key
  ]
  if (by === undefined) return
  event.preventDefault()
  stopPlaying()
  goBy(by)
}

/** A tick for each kept step, under the track. */
function Kept({ snapshots, first, last }: { snapshots: readonly Snapshot[]; first: number; last: number }) {
  const place = (step: number) => ((step - first) / Math.max(1, last - first)) * 1000
  return (
    <svg viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
      <path d={snapshots.map(({ step }) => `M${place(step).toFixed(1)} 0V1`).join('')} />
    </svg>
  )
}

const hashes = new WeakMap<LiveViews, string>()

/** Of the label maps that are shown; each is counted once. */
function hashOf(views: LiveViews): string {
  let hash = hashes.get(views)
  if (hash === undefined) hashes.set(views, (hash = labelHash(views)))
  return hash
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)

/** Which step is shown, and what is kept. Its height is always the same. */
function Said({ at, none }: { at: Snapshot | null; none: boolean }) {
  const snapshots = useTimeline((state) => state.snapshots)
  const replay = useTimeline((state) => state.replay)
  const running = usePage(({ status }) => status.state === 'running')
  const shown = useLatest(({ views }) => views?.step)
  const hash = useLatest(({ views }) => views && hashOf(views))
  if (none || !hash) return <p className="timeline-said quiet">What the pictures showed at earlier steps can be gone back to here.</p>
  const is = at ? `as it was${running ? '; training goes on' : ''}` : replay ? 'the end of what was recorded' : 'now'
  return (
    <p className="timeline-said quiet" data-step={shown} data-hash={hash}>
      <b>Step {count(shown!)}</b>, {is}. {replay && 'Replayed from its file; nothing is computed. '}
      <span title="When they are too many, some are left out, fewest where labels change fastest.">
        {plural(snapshots.length, 'step')} kept, {megabytes(bytesOfAll(snapshots))} of {megabytes(memoryBudget)} MB.
      </span>{' '}
      <span title="A hash of the label maps that are shown: the same maps have the same one.">Labels {hash.slice(0, 8)}.</span>
    </p>
  )
}
