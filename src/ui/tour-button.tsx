import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { beginWalk, canWalk } from '../store/walk'

/** Begins the tour of a step. */
export function TourButton() {
  const status = usePage((state) => state.status)
  const seen = useLatest(({ views }) => views !== null)
  const can = canWalk('tour', { status }, seen)
  return (
    <button
      type="button"
      data-tour
      title="What happens in a step and why, in five parts, for those who do not know the paper."
      aria-disabled={!can}
      onClick={() => can && void beginWalk('tour')}
    >
      Guided tour
    </button>
  )
}
