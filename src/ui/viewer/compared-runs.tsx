/** The masks of two runs on one image, and where they differ. */
import { memo, useMemo, type ReactNode } from 'react'
import { countClasses, disagreement } from '../../image/masks'
import type { GreyWindow } from '../../image/window'
import { nameOf } from '../../store/run-log'
import { leaveComparison, useViewer } from '../../store/viewer'
import type { ClassInfo, LoggedRun, MaskName, ViewedPicture } from '../../worker/protocol'
import { count, percent } from '../format'
import { ClassTable } from './class-table'
import type { Sight } from './pointers'
import { ViewerPicture } from './viewer-picture'

type Runs = readonly [LoggedRun, LoggedRun]

interface Props {
  picture: ViewedPicture
  runs: Runs
  classes: readonly ClassInfo[]
  window: GreyWindow
  onSight: (sight: Sight | null) => void
}

/** The image with other masks in the place of its own. */
const withMasks = (picture: ViewedPicture, masks: Partial<Record<MaskName, Uint8Array<ArrayBuffer> | null>>): ViewedPicture => ({
  ...picture,
  masks: Object.fromEntries(Object.entries(masks).filter(([, mask]) => mask)),
  probabilities: [],
})

const nowhere = () => undefined

/** Three times the image, moved and enlarged together: the mask of each run, and the difference. */
export function ComparedRuns({ picture, runs, classes, window, onSight }: Props) {
  const compared = useViewer((state) => state.compared)
  const [one, other] = [compared?.[0] ?? null, compared?.[1] ?? null]
  const panes = useMemo(
    () => ({
      one: withMasks(picture, { mean: one }),
      other: withMasks(picture, { mean: other }),
      both: withMasks(picture, { A: one, B: other }),
    }),
    [picture, one, other],
  )
  const names = [nameOf(runs[0]), nameOf(runs[1])] as const
  return (
    <div className="viewer-compared">
      <Pane title={names[0]} mask={one}>
        <ViewerPicture picture={panes.one} title={names[0]} layer="mean" classes={classes} window={window} onSight={onSight} />
      </Pane>
      <Pane title={names[1]} mask={other}>
        <ViewerPicture picture={panes.other} title={names[1]} layer="mean" classes={classes} window={window} onSight={nowhere} />
      </Pane>
      <Pane title="Where they differ" mask={one && other}>
        <ViewerPicture
          picture={panes.both}
          title="Where they differ"
          whose={names}
          layer="disagreement"
          classes={classes}
          window={window}
          onSight={nowhere}
        />
      </Pane>
    </div>
  )
}

function Pane({ title, mask, children }: { title: string; mask: Uint8Array | null; children: ReactNode }) {
  return (
    <figure aria-label={title}>
      <figcaption title={title}>
        {title}
        {!mask && ' (no mask of this image)'}
      </figcaption>
      {children}
    </figure>
  )
}

/** The same in numbers. It counts every pixel, so it is not rendered anew while the window is dragged. */
export const ComparedNumbers = memo(function ComparedNumbers({ runs, classes }: Pick<Props, 'runs' | 'classes'>) {
  const compared = useViewer((state) => state.compared)
  const [one, other] = [compared?.[0], compared?.[1]]
  const counts = [one, other].map((mask) => mask && countClasses(mask, classes.length))
  return (
    <section aria-label="Compared runs">
      <h3>Compared runs</h3>
      <ClassTable
        caption="Pixels of each class"
        classes={classes}
        columns={runs.map((run, i) => ({
          key: run.id,
          head: nameOf(run),
          of: (index) => (counts[i] ? count(counts[i][index]!) : '–'),
        }))}
      />
      <p className="note">
        They differ on {percent(one && other ? disagreement(one, other) : null)} of what either marks. Masks are as the networks saw the
        image, at {runs[0].config.size} pixels.
      </p>
      <button type="button" onClick={leaveComparison}>
        Back to the run at hand
      </button>
    </section>
  )
})
