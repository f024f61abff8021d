import { useEffect } from 'react'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { closeViewer, imageOf, look, refreshView, useViewer } from '../store/viewer'
import { OnDemand } from './boundary'
import { lazyPart } from './lazy-part'
import { OpeningDialog } from './modal-dialog'

const viewerPart = lazyPart(
  'The viewer',
  () => import('./viewer/viewer'),
  ({ Viewer }) => Viewer,
)

/** Loads the viewer's code before it is needed. */
export const loadViewerAhead = () => viewerPart.loadAhead()

/** The viewer, over the page, while an image is open in it. */
export function ViewerOpener() {
  const asked = useViewer((state) => state.picture)
  const dataset = usePage((state) => state.dataset)
  const drawn = usePage((state) => state.drawn)
  const predictions = useLatest((state) => state.predictions)
  const there = asked !== null && dataset !== null && imageOf(dataset, asked) !== undefined
  // Its masks may be others now; what was drawn is shown.
  useEffect(() => void refreshView(), [dataset, predictions])
  useEffect(() => {
    if (drawn) look({ layer: 'exemplar' })
  }, [drawn])
  // Other files may have been loaded.
  useEffect(() => {
    if (asked !== null && !there) closeViewer()
  }, [asked, there])
  if (!there) return null
  return (
    <OnDemand part={viewerPart} waiting={<OpeningDialog onClose={closeViewer} />} onClose={closeViewer}>
      {(Viewer) => <Viewer dataset={dataset} asked={asked} />}
    </OnDemand>
  )
}
