import { useState } from 'react'
import { usePage } from '../../store/page-store'
import { cancelSweep, startSweep, sweepRows, sweepSeeds, useSweep, ways, type SweepRow } from '../../store/sweep'
import { count, plural } from '../format'

/** Chooses ways of training and seeds, trains them one after another, and shows what came of each way. */
export function Sweep() {
  const [open, setOpen] = useState(false)
  return (
    <details className="run-log-sweep" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Sweep</summary>
      {open && <SweepForm />}
    </details>
  )
}

function SweepForm() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(['as set']))
  const [seeds, setSeeds] = useState<ReadonlySet<number>>(new Set(sweepSeeds))
  const ready = usePage(({ dataset, status }) => dataset?.missing.length === 0 && status.state !== 'starting' && status.state !== 'running')
  const scored = usePage(({ dataset }) => (dataset?.references ?? 0) > 0)
  const steps = usePage((state) => state.asked.steps)
  const { cells, at, ended } = useSweep()
  const runs = chosen.size * seeds.size
  const can = ready && at === null && runs > 0
  const toggled = <T,>(set: ReadonlySet<T>, item: T) => new Set(set.has(item) ? [...set].filter((one) => one !== item) : [...set, item])
  return (
    <div className="run-log-sweep-form">
      <p className="quiet">
        Trains the settings of the form, and what is changed of them, with each seed, one run after another. Each is listed above; a table
        of means ends it.
      </p>
      <fieldset disabled={at !== null}>
        <legend>Ways of training</legend>
        {ways.map(({ name }) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.has(name)} onChange={() => setChosen(toggled(chosen, name))} />
            {name}
          </label>
        ))}
      </fieldset>
      <fieldset disabled={at !== null}>
        <legend>Seeds</legend>
        {sweepSeeds.map((seed) => (
          <label key={seed}>
            <input type="checkbox" checked={seeds.has(seed)} onChange={() => setSeeds(toggled(seeds, seed))} />
            {seed}
          </label>
        ))}
      </fieldset>
      <div className="run-log-tools">
        <button
          type="button"
          aria-disabled={!can}
          onClick={() => {
            if (can)
              startSweep(
                ways.filter(({ name }) => chosen.has(name)),
                sweepSeeds.filter((seed) => seeds.has(seed)),
              )
          }}
        >
          Start sweep
        </button>
        <button type="button" aria-disabled={at === null} onClick={() => at !== null && cancelSweep()}>
          Cancel sweep
        </button>
        <span className="quiet" role="status">
          {at !== null
            ? `Run ${at + 1} of ${cells.length}: ${cells[at]!.way}, seed ${cells[at]!.seed}`
            : ended
              ? `${ended} after ${plural(cells.filter(({ run }) => run).length, 'run')}.`
              : cells.length > 0
                ? `Done: ${plural(cells.length, 'run')}.`
                : `${plural(runs, 'run')} of ${plural(steps, 'step')}`}
        </span>
      </div>
      {at !== null && <progress aria-label="Sweep" max={cells.length} value={at} />}
      {!scored && <p className="hint quiet">Without reference masks there is no Dice, only the fit on the exemplar.</p>}
      {cells.some(({ run }) => run) && <Means rows={sweepRows(cells)} />}
    </div>
  )
}

const withDeviation = (of: SweepRow['dice']) =>
  of === null ? '–' : of.deviation === null ? of.mean.toFixed(3) : `${of.mean.toFixed(3)} ± ${of.deviation.toFixed(3)}`

function Means({ rows }: { rows: readonly SweepRow[] }) {
  return (
    <table className="run-log-means">
      <caption>Mean ± standard deviation over seeds</caption>
      <thead>
        <tr>
          <th scope="col">Way of training</th>
          <th scope="col" className="number">
            Runs
          </th>
          <th scope="col" className="number">
            Dice
          </th>
          <th scope="col" className="number">
            Fit
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ way, runs, dice, fit }) => (
          <tr key={way}>
            <th scope="row">{way}</th>
            <td className="number">{count(runs)}</td>
            <td className="number" data-mean={dice?.mean} data-deviation={dice?.deviation}>
              {withDeviation(dice)}
            </td>
            <td className="number">{withDeviation(fit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
