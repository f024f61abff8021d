import { AnnotationOpener } from './annotation-opener'
import { Curves } from './curves'
import { DataPanel } from './data-panel'
import { DropTarget } from './drop-target'
import { Footer } from './footer'
import { Header } from './header'
import { OfflineOffer } from './offline-offer'
import { Problems } from './problems'
import { Results } from './results'
import { TrainingPanel } from './training-panel'

export function App() {
  return (
    <>
      <Header />
      <Problems />
      <main className="columns">
        <DataPanel />
        <TrainingPanel />
        <Curves />
        <Results />
      </main>
      <Footer />
      <DropTarget />
      <AnnotationOpener />
      <OfflineOffer />
    </>
  )
}
