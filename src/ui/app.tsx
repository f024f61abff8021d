import { AnnotationOpener } from './annotation-opener'
import { Announcements } from './announcements'
import { Curves } from './curves'
import { DataPanel } from './data-panel'
import { DropTarget } from './drop-target'
import { DiscardDialog } from './discard-dialog'
import { Footer } from './footer'
import { Header } from './header'
import { OfflineOffer } from './offline-offer'
import { Picker } from './picker/picker'
import { Problems } from './problems'
import { Results } from './results'
import { RunBar } from './run-bar'
import { RunLogPanel } from './run-log-opener'
import { Runs } from './runs'
import { SkipLinks } from './skip-links'
import { StepsStrip } from './steps-strip'
import { TrainingPanel } from './training-panel'
import { ViewerOpener } from './viewer-opener'

export function App() {
  return (
    <>
      <SkipLinks />
      <Header />
      <div className="run-strip">
        <StepsStrip />
        <RunBar />
      </div>
      <Problems />
      <Runs />
      <main className="columns">
        <DataPanel />
        <Picker />
        <TrainingPanel />
        <Curves />
        <Results />
        <RunLogPanel />
      </main>
      <Footer />
      <DropTarget />
      <ViewerOpener />
      {/* It may be opened from the viewer, and then lies over it. */}
      <AnnotationOpener />
      <DiscardDialog />
      <OfflineOffer />
      <Announcements />
    </>
  )
}
