import { drive } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import type { PictureId } from '../worker/protocol'
import { plural } from './format'

/** Beside an image that was drawn on while the run rests: goes on with it as a further exemplar. */
export function ResumeWith({ picture }: { picture: PictureId }) {
  const exemplars = usePage((state) => {
    const { drawn, status, dataset } = state
    if (!drawn?.pictures.includes(picture) || drawn.step !== status.step || !allowed(state).resume) return 0
    return dataset?.exemplars.filter(({ from }) => from !== null).length ?? 0
  })
  if (exemplars === 0) return null
  return (
    <button type="button" className="resume-with" onClick={() => void drive('resume')}>
      Resume with {plural(exemplars, 'exemplar')}
    </button>
  )
}
