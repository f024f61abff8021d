import { Suspense } from 'react'
import { annotate, closePicture } from '../store/commands'
import { usePage } from '../store/page-store'
import { LoadBoundary, loadedOnDemand } from './load-boundary'
import { OpeningDialog } from './modal-dialog'

const AnnotationEditor = loadedOnDemand('The drawing tools', async () => (await import('./annotation/annotation-editor')).AnnotationEditor)

/** The drawing tools, over the page, while an image is open to be annotated. */
export function AnnotationOpener() {
  const wanted = usePage(({ opening }) => opening?.purpose === 'annotate')
  const picture = usePage(({ opened }) => opened)
  if (!wanted) return null
  const waiting = <OpeningDialog onClose={closePicture} />
  return (
    <LoadBoundary onClose={closePicture}>
      <Suspense fallback={waiting}>
        {picture ? (
          <AnnotationEditor
            key={picture.id}
            picture={picture}
            // A copy of its own: it is given away to the worker.
            onDone={({ labels, classes }) => annotate(new Uint8Array(labels), classes)}
            onClose={closePicture}
          />
        ) : (
          waiting
        )}
      </Suspense>
    </LoadBoundary>
  )
}
