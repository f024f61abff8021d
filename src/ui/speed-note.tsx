import { usePage } from '../store/page-store'
import { speedWords } from './format'

/** Where there is no GPU to train on, what that means for the time it takes. */
export function SpeedNote() {
  const backend = usePage((state) => state.backend)
  const said = backend && speedWords(backend, { webgpu: 'gpu' in navigator, isolated: crossOriginIsolated })
  return said && <p className="note">{said}</p>
}
