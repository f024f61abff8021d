import { useState } from 'react'
import { duration } from '../../lib/duration'
import { mostPinned } from '../../store/pinned-runs'
import { nameOf, pinRun, renameRun } from '../../store/run-log'
import { linkTo } from '../../store/share'
import { usePage } from '../../store/page-store'
import type { LoggedRun } from '../../worker/protocol'
import { count, exactScore, moment } from '../format'
import { NameField } from '../name-field'

interface Column {
  name: string
  /** What it is sorted by; text by letters. */
  by: (run: LoggedRun) => number | string
  show: (run: LoggedRun) => string
  number?: true
}

const dataOf = ({ sample, data }: LoggedRun) => sample ?? data?.slice(0, 8) ?? 'unknown'

const columns: readonly Column[] = [
  { name: 'Dice', by: ({ score }) => score?.dice ?? -1, show: ({ score }) => exactScore(score?.dice), number: true },
  { name: 'Fit', by: ({ score }) => score?.fit ?? -1, show: ({ score }) => exactScore(score?.fit), number: true },
  {
    name: 'Steps',
    by: ({ step }) => step,
    show: ({ step, config }) => (step === config.steps ? count(step) : `${count(step)} of ${count(config.steps)}`),
    number: true,
  },
  { name: 'Seed', by: ({ config }) => config.seed, show: ({ config }) => String(config.seed), number: true },
  { name: 'Data', by: dataOf, show: dataOf },
  { name: 'Computed by', by: ({ backend }) => backend, show: ({ backend }) => backend },
  {
    name: 'Duration',
    by: ({ seconds }) => seconds ?? -1,
    show: ({ seconds }) => (seconds === null ? '–' : duration(seconds)),
    number: true,
  },
  { name: 'Ended', by: ({ ended }) => ended, show: ({ ended }) => moment(ended), number: true },
]

interface Props {
  runs: readonly LoggedRun[]
  chosen: ReadonlySet<string>
  onChoose: (chosen: ReadonlySet<string>) => void
  onSay: (what: string) => void
}

/** The runs as a table, sorted by any of its columns. */
export function RunTable({ runs, chosen, onChoose, onSay }: Props) {
  const [order, setOrder] = useState<{ column: Column; down: boolean }>({ column: columns.at(-1)!, down: true })
  const present = usePage((state) => state.log.present)
  const { by } = order.column
  const compare = (a: LoggedRun, b: LoggedRun) => {
    const [x, y] = [by(a), by(b)]
    return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
  }
  const sorted = [...runs].sort((a, b) => (order.down ? compare(b, a) : compare(a, b)))
  const overlaid = runs.filter(({ id, pinned }) => pinned && id !== present).slice(0, mostPinned)
  const copy = async (run: LoggedRun) => {
    const link = linkTo(run)
    try {
      await navigator.clipboard.writeText(link)
      onSay('Copied: version, settings, seed and a hash of the data, no names.')
    } catch {
      onSay(link)
    }
  }
  return (
    <div className="run-log-table" tabIndex={0} role="group" aria-label="Run log, rows">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Choose</span>
            </th>
            <th scope="col">Pin</th>
            <th scope="col">Run</th>
            {columns.map((column) => {
              const on = column === order.column
              return (
                <th
                  scope="col"
                  key={column.name}
                  className={column.number && 'number'}
                  aria-sort={on ? (order.down ? 'descending' : 'ascending') : undefined}
                >
                  <button type="button" className="text-button" onClick={() => setOrder({ column, down: on ? !order.down : true })}>
                    {column.name}
                    <span aria-hidden="true">{on ? (order.down ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                </th>
              )
            })}
            <th scope="col">Link</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((run) => {
            const name = nameOf(run)
            const over = overlaid.findIndex(({ id }) => id === run.id)
            return (
              <tr key={run.id} data-run={run.id} data-pinned={over < 0 ? undefined : over + 1}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Choose ${name}`}
                    checked={chosen.has(run.id)}
                    onChange={({ target }) =>
                      onChoose(new Set(target.checked ? [...chosen, run.id] : [...chosen].filter((id) => id !== run.id)))
                    }
                  />
                </td>
                <td data-label="Pin">
                  <input
                    type="checkbox"
                    aria-label={`Pin ${name}`}
                    title="Its curves lie over those of the run at hand, and it stays"
                    checked={run.pinned}
                    onChange={({ target }) => void pinRun(run.id, target.checked)}
                  />
                </td>
                <th scope="row">
                  <NameField key={name} label={`Name of ${name}`} name={name} onRename={(to) => void renameRun(run.id, to)} />
                  {run.id === present && <span className="quiet"> at hand</span>}
                  {run.state !== 'finished' && <span className="quiet"> {run.state}</span>}
                </th>
                {columns.map((column) => (
                  <td key={column.name} data-label={column.name} className={column.number && 'number'}>
                    {column.show(run)}
                  </td>
                ))}
                <td>
                  <button type="button" className="text-button" aria-label={`Copy a link to ${name}`} onClick={() => void copy(run)}>
                    Copy link
                  </button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
