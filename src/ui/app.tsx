import { AnnotationOpener } from './annotation-opener'
import { Curves } from './curves'
import { DataPanel } from './data-panel'
import { DropTarget } from './drop-target'
import { DiscardDialog } from './discard-dialog'
import { Footer } from './footer'
import { Header } from './header'
import { OfflineOffer } from './offline-offer'
import { Problems } from './problems'
import { Results } from './results'
import { Runs } from './runs'
import { TrainingPanel } from './training-panel'

export function App() {
  return (
    <>
      <Header />
      <Problems />
      <Runs />
      <main className="columns">
        <DataPanel />
        <TrainingPanel />
        <Curves />
        <Results />
      </main>
      <Footer />
      <DropTarget />
      <AnnotationOpener />
      <DiscardDialog />
      <OfflineOffer />
    </>
  )
}
