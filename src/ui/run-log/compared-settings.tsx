import { keys, parameters } from '../../method/config'
import { compareMasks, hindersMasks, nameOf } from '../../store/run-log'
import { usePage } from '../../store/page-store'
import type { LoggedRun } from '../../worker/protocol'
import { count, exactScore } from '../format'

type Pair = readonly [LoggedRun, LoggedRun]

/** What else than a setting can differ. */
const facts: { name: string; of: (run: LoggedRun) => string }[] = [
  { name: 'Steps taken', of: ({ step }) => count(step) },
  { name: 'Data', of: ({ sample, data }) => sample ?? data ?? 'unknown' },
  { name: 'Computed by', of: ({ backend, adapter }) => `${backend} · ${adapter}` },
  { name: 'Version', of: ({ version }) => version },
]

const scores: { name: string; of: (run: LoggedRun) => number | null | undefined }[] = [
  { name: 'Dice', of: ({ score }) => score?.dice },
  { name: 'Dice of A', of: ({ score }) => score?.diceA },
  { name: 'Dice of B', of: ({ score }) => score?.diceB },
  { name: 'Fit', of: ({ score }) => score?.fit },
]

const said = (value: string | number | boolean) => (value === true ? 'on' : value === false ? 'off' : String(value))

/** Two runs: the settings in which they differ, their scores, and the way to their masks. */
export function ComparedSettings({ runs }: { runs: Pair }) {
  const data = usePage((state) => state.dataset?.hash ?? null)
  const hinders = hindersMasks(runs, data)
  const [a, b] = runs
  const settings = keys.filter((key) => a.config[key] !== b.config[key])
  const others = facts.filter(({ of }) => of(a) !== of(b))
  return (
    <section className="run-log-compared" aria-label="Two runs compared">
      <table>
        <caption>
          {settings.length + others.length === 0 ? 'These runs have the same settings.' : 'In what they differ, and their scores'}
        </caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            {runs.map((run) => (
              <th scope="col" key={run.id}>
                {nameOf(run)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {settings.map((key) => (
            <tr key={key} data-setting={key}>
              <th scope="row">
                {parameters[key].label} ({key})
              </th>
              {runs.map(({ id, config }) => (
                <td key={id}>{said(config[key])}</td>
              ))}
            </tr>
          ))}
          {others.map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {runs.map((run) => (
                <td key={run.id}>{of(run)}</td>
              ))}
            </tr>
          ))}
          {scores.map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {runs.map((run) => (
                <td key={run.id}>{exactScore(of(run))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        <button type="button" aria-disabled={hinders !== null} onClick={() => hinders === null && void compareMasks(runs)}>
          Compare masks
        </button>{' '}
        <span className="quiet">{hinders ?? 'Opens the images, those first on which these runs differ most.'}</span>
      </p>
    </section>
  )
}
