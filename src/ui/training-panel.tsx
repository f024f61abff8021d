import { Advice } from './advice'
import { RunBar } from './run-bar'
import { RunFields } from './run-fields'
import { Settings } from './settings'
import { SpeedNote } from './speed-note'
import { TeachingDiagram } from './teaching-diagram'
import { WatchStrip } from './watch-strip'

export function TrainingPanel() {
  return (
    <section className="panel training" aria-labelledby="training-heading">
      <h2 id="training-heading">Training</h2>
      <RunBar />
      <Advice />
      <SpeedNote />
      <RunFields />
      <Settings />
      <TeachingDiagram />
      <WatchStrip />
    </section>
  )
}
