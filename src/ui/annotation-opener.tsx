import { annotate, closePicture } from '../store/commands'
import { pageStore, usePage } from '../store/page-store'
import { stackOf } from '../store/stack'
import { OnDemand } from './boundary'
import { lazyPart } from './lazy-part'
import { OpeningDialog } from './modal-dialog'

const annotationEditor = lazyPart(
  'The drawing tools',
  () => import('./annotation/annotation-editor'),
  ({ AnnotationEditor }) => AnnotationEditor,
)

/** The drawing tools, over the page, while an image is open to be annotated. */
export function AnnotationOpener() {
  const wanted = usePage(({ opening }) => opening?.purpose === 'annotate')
  const picture = usePage(({ opened }) => opened)
  if (!wanted) return null
  const waiting = <OpeningDialog onClose={closePicture} />
  if (!picture) return waiting
  return (
    <OnDemand key={picture.id} part={annotationEditor} waiting={waiting} onClose={closePicture}>
      {(AnnotationEditor) => (
        <AnnotationEditor
          picture={picture}
          stack={stackOf(pageStore.getState().dataset, picture.id)}
          onDone={(drawings, classes) => void annotate(drawings, classes)}
          onClose={closePicture}
        />
      )}
    </OnDemand>
  )
}
