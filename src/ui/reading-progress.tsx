import { usePage } from '../store/page-store'
import { loading } from '../store/state'
import { count } from './format'

/** How far the files being read have come; its place in the panel's head stays reserved while there are none. */
export function ReadingProgress() {
  const shown = usePage(loading)
  const read = usePage((state) => state.progress.read)
  if (!shown) return null
  const whole = read !== null && read.done === read.of
  const said = whole ? `Pairing and preparing ${count(read.of)}` : read ? `Reading ${count(read.done)} of ${count(read.of)}` : 'Reading…'
  return (
    <div className="reading">
      <span className="quiet">{said}</span>
      <progress aria-label={said} max={read?.of || 1} value={read?.done} />
    </div>
  )
}
