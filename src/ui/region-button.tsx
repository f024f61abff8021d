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
  const picture = usePage(({ dataset }) => {
    const annotated = dataset?.exemplars.find(({ from }) => from !== null)
    return (annotated ?? dataset?.unlabeled[0] ?? dataset?.exemplars[0])?.id
  })
  return (
    <>
      <button
        type="button"
        disabled={!can || picture === undefined}
        title={
          can ? 'Use only a part of every image: small organs in large images need it.' : 'Reset the run before changing its settings.'
        }
        onClick={() => picture !== undefined && void openPicture('region', picture)}
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
