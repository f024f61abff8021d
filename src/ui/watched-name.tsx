import { useLatest } from '../store/latest'

export function WatchedName() {
  const name = useLatest((state) => state.views?.name)
  return <span className="quiet">{name ?? ''}</span>
}
