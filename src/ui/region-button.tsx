import { useShallow } from 'zustand/react/shallow'
import { closePicture, openPicture } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { OnDemand } from './boundary'
import { lazyPart } from './lazy-part'
import { OpeningDialog } from './modal-dialog'
import { boxOf, isWhole } from './region-box'

const regionDialog = lazyPart(
  'The region of interest',
  () => import('./region-dialog'),
  ({ RegionDialog }) => RegionDialog,
)

/** Opens the region of interest on an annotated image or, if there is none, on the first unlabelled one. */
export function RegionButton() {
  const can = usePage((state) => allowed(state).configure)
  const opening = usePage((state) => state.opening?.purpose === 'region')
  const annotated = usePage((state) => state.dataset?.exemplars.findIndex(({ from }) => from !== null) ?? -1)
  const some = usePage(({ dataset }) => dataset !== null && dataset.exemplars.length + dataset.unlabeled.length > 0)
  const waitsOnly = usePage(({ dataset }) => (dataset?.unlabeled.length ?? 0) === 0)
  const open = () => {
    const exemplar = annotated >= 0 || waitsOnly
    openPicture('region', exemplar ? 'exemplar' : 'pile', Math.max(0, annotated))
  }
  return (
    <>
      <button
        type="button"
        disabled={!can || !some}
        title={
          can ? 'Use only a part of every image: small organs in large images need it.' : 'Reset the run before changing its settings.'
        }
        onClick={open}
      >
        Region of interest
      </button>
      {opening && (
        <OnDemand part={regionDialog} waiting={<OpeningDialog onClose={closePicture} />} onClose={closePicture}>
          {(RegionDialog) => <RegionDialog />}
        </OnDemand>
      )}
    </>
  )
}

/** A row in the list of facts, if only part of each image is used. */
export function RegionFact() {
  const [x, y, width, height] = usePage(
    useShallow(({ running, asked }) => {
      const { regionX, regionY, regionWidth, regionHeight } = running ?? asked
      return [regionX, regionY, regionWidth, regionHeight] as const
    }),
  )
  const box = boxOf({ x, y, width, height })
  if (isWhole(box)) return null
  return (
    <div>
      <dt>Region</dt>
      <dd>
        {box.width} × {box.height} % of each image, from {box.left} % left, {box.top} % top
      </dd>
    </div>
  )
}
