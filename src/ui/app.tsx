import { useLayoutEffect } from 'react'
import { AnnotationOpener } from './annotation-opener'
import { Announcements } from './announcements'
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
import { SkipLinks } from './skip-links'
import { TrainingPanel } from './training-panel'
import { useMedia } from './use-media'
import { ViewerOpener } from './viewer-opener'

export function App() {
  // As in layout.css. There the run bar comes first, for Tab and a screen reader too.
  const narrow = useMedia('(max-width: 760px)')
  const panels = [<DataPanel key="data" />, <TrainingPanel key="training" />]
  // An open dialog that is moved with its panel, as when a telephone is turned, is modal no longer.
  useLayoutEffect(() => {
    for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]:not(:modal)')) {
      dialog.close()
      dialog.showModal()
    }
  }, [narrow])
  return (
    <>
      <SkipLinks />
      <Header />
      <Problems />
      <Runs />
      <main className="columns">
        {narrow ? panels.reverse() : panels}
        <Curves />
        <Results />
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
