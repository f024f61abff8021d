import type { ReactNode } from 'react'
import type { Measurement } from '../store/address'
import { copyReport, saveReport, startMeasurement, stopMeasurement, useMeasurement } from '../store/measurement'
import type { Found } from '../worker/protocol'
import { Spoken } from './announcements'
import { ResearchNotice } from './footer'
import { OfflineOffer } from './offline-offer'
import { ThemeToggle } from './theme-toggle'
import './styles/measurement.css'

const words: Record<Measurement, { title: string; purpose: string; hint: ReactNode }> = {
  bench: {
    title: 'benchmark',
    purpose: 'How fast a training step is in this browser.',
    hint: (
      <>
        It takes a few minutes; keep the page visible meanwhile. Parameters in the address narrow it down:{' '}
        <code>?bench&amp;backend=webgpu&amp;engine=ours</code> (or <code>stock</code>, <code>both</code>), <code>&amp;only=steps</code> (or{' '}
        <code>kernels</code>, <code>growth</code>), <code>&amp;step=R64&amp;steps=20</code>.
      </>
    ),
  },
  selftest: {
    title: 'self-test',
    purpose: 'Whether this browser and its GPU compute rightly.',
    hint: (
      <>
        Every operation runs beside a plain one, and ten training steps beside another backend, which takes minutes on a software adapter.{' '}
        <code>?selftest&amp;backend=webgpu</code> chooses the backend. If something is off, please send us what Copy gives.
      </>
    ),
  },
}

/** What `?bench` and `?selftest` in the address show, by the same code as `npm run bench` and `npm run selftest`. */
export function MeasurementPage({ what }: { what: Measurement }) {
  const { state, message, backend, found } = useMeasurement((all) => all)
  const { title, purpose, hint } = words[what]
  const running = state === 'running'
  return (
    <>
      <header className="header">
        <div className="brand">
          <img src="favicon.svg" alt="" width="32" height="32" />
          <div>
            <h1>Exemplar Lab: {title}</h1>
            <p className="quiet">{purpose}</p>
          </div>
        </div>
        <p className="privacy quiet">Everything runs in this page; nothing leaves it.</p>
        <ThemeToggle />
      </header>
      <main className="measurement">
        <section className="panel" aria-label="Run">
          <div className="measurement-bar">
            {/* These two disable themselves when they are pressed, and would lose the focus. */}
            <button type="button" className="primary" aria-disabled={running} onClick={() => void (!running && startMeasurement(what))}>
              Start
            </button>
            <button type="button" aria-disabled={!running} onClick={() => running && stopMeasurement()}>
              Stop
            </button>
            <button type="button" disabled={!found} onClick={() => saveReport(what)}>
              Save JSON
            </button>
            <button type="button" disabled={!found} onClick={() => void copyReport()}>
              Copy
            </button>
            <p role="status" aria-live="off" data-state={state}>
              {running ? `${message}…` : message}
            </p>
            <Spoken>{running ? 'running' : message}</Spoken>
          </div>
          {backend && (
            <p className="quiet">
              Backend <strong>{backend.backend}</strong> {backend.adapter}
              {backend.software && ' (software)'}
            </p>
          )}
          <p className="hint quiet">{hint}</p>
        </section>
        {found && <Findings {...found} />}
      </main>
      <footer className="footer quiet">
        <ResearchNotice />
      </footer>
      <OfflineOffer />
    </>
  )
}

function Findings({ report, place, tables }: Found) {
  return (
    <>
      <section className="panel" aria-label="Place">
        <p>{place}</p>
        {report.notes.map((note) => (
          <p className="note" key={note}>
            {note}
          </p>
        ))}
      </section>
      {tables.map(({ title, columns, rows, notes }) => (
        <section className="panel" key={title}>
          {/* It scrolls, so a keyboard has to reach it. */}
          <div className="measurement-table" tabIndex={0} role="group" aria-label={`${title}, rows`}>
            <table>
              <caption>{title}</caption>
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th scope="col" key={column}>
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, r) => (
                  <tr key={r}>
                    {row.map((cell, c) =>
                      c === 0 ? (
                        <th scope="row" key={c}>
                          {cell}
                        </th>
                      ) : (
                        <td key={c}>{cell}</td>
                      ),
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {notes.map((note) => (
            <p className="note" key={note}>
              {note}
            </p>
          ))}
        </section>
      ))}
    </>
  )
}
