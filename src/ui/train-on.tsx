import { useState } from 'react'
import { learningRateAt, rateText } from '../lib/learning-rate'
import { parameters } from '../method/config'
import { trainOn } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { count, plural } from './format'
import { NumberInput } from './number-input'

/** How a run at rest trains further, and what its learning rate then is. */
export function TrainOn() {
  const [wanted, setWanted] = useState(200)
  const most = usePage(({ status: { step } }) => parameters.steps.max - step)
  const more = Math.min(wanted, most)
  const can = usePage((state) => allowed(state).trainOn) && most > 0
  const says = usePage(({ status: { step }, running, recoveries }) => {
    if (!can || !running) return 'A run at rest can train further.'
    const steps = step + more
    const { learningRate } = recoveries.at(-1) ?? running
    return `To step ${count(steps)}, at a learning rate of ${rateText(learningRateAt(step, { ...running, learningRate, steps }))} and falling.`
  })
  return (
    <div className="train-on">
      <NumberInput label="Train on by" value={more} min={1} max={most} step={1} disabled={!can} onChange={setWanted} />
      <button type="button" aria-disabled={!can} onClick={() => can && trainOn(more)}>
        + {plural(more, 'step')}
      </button>
      <p className="hint quiet">{says}</p>
    </div>
  )
}
