import { amount } from '../lib/amount'
import { usePage } from '../store/page-store'

/** What a run with these settings will take; Start says what to do where that is too much. */
export function MemoryNote() {
  const memory = usePage((state) => state.memory)
  if (!memory) return null
  return (
    <p className="note quiet" data-testid="memory" data-fits={memory.fits}>
      Takes about {amount(memory.bytes)} of memory{memory.fits ? '' : ', more than there is'}.
    </p>
  )
}
