import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { useWalk } from '../store/walk'
import { Advice } from './advice'
import { Coming } from './coming'
import { MemoryNote } from './memory-note'
import { PickedSettings } from './picked-settings'
import { RunFields } from './run-fields'
import { Settings } from './settings'
import { SpeedNote } from './speed-note'
import { TeachingDiagram } from './teaching-diagram'
import { WatchStrip } from './watch-strip'

export function TrainingPanel() {
  const seen = useLatest(({ views }) => views !== null)
  // Without the live view the pictures come when the run rests.
  const stepped = usePage(({ status: { step } }) => step > 0)
  const walking = useWalk() !== null
  const begun = seen || stepped || walking
  return (
    <section id="training" className="panel training" aria-labelledby="training-heading">
      <h2 id="training-heading">Training</h2>
      <Advice />
      <RunFields />
      <PickedSettings />
      <Settings />
      <div className="run-notes">
        <MemoryNote />
        <SpeedNote />
      </div>
      <div className="middle" data-begun={begun}>
        <TeachingDiagram />
        {!begun && <Coming />}
      </div>
      <WatchStrip />
    </section>
  )
}
