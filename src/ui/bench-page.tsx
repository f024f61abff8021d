import { saveReport, startBench, stopBench, useBench } from '../store/bench'
import type { BenchFound } from '../worker/protocol'
import { ThemeToggle } from './theme-toggle'
import './styles/bench.css'

/** What `?bench` in the address shows: how fast this browser is, by the same code as `npm run bench`. */
export function BenchPage() {
  const { state, message, backend, found } = useBench((all) => all)
  const running = state === 'running'
  return (
    <>
      <header className="header">
        <div className="brand">
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <div>
            <h1>Exemplar Lab: benchmark</h1>
            <p className="quiet">How fast a training step is in this browser.</p>
          </div>
        </div>
        <p className="privacy quiet">Everything runs in this page; nothing leaves it.</p>
        <ThemeToggle />
      </header>
      <main className="bench">
        <section className="panel" aria-label="Run">
          <div className="bench-bar">
            <button type="button" className="primary" disabled={running} onClick={() => void startBench()}>
              Start
            </button>
            <button type="button" disabled={!running} onClick={stopBench}>
              Stop
            </button>
            <button type="button" disabled={!found} onClick={saveReport}>
              Save JSON
            </button>
            <p role="status" data-state={state}>
              {running ? `${message}…` : message}
            </p>
          </div>
          {backend && (
            <p className="quiet">
              Backend <strong>{backend.backend}</strong> {backend.adapter}
              {backend.software && ' (software)'}
            </p>
          )}
          <p className="hint quiet">
            It takes a few minutes; keep the page visible meanwhile. Parameters in the address narrow it down:{' '}
            <code>?bench&amp;backend=webgpu&amp;engine=ours</code> (or <code>stock</code>, <code>both</code>), <code>&amp;only=steps</code>{' '}
            (or <code>kernels</code>, <code>growth</code>), <code>&amp;step=R64&amp;steps=20</code>.
          </p>
        </section>
        {found && <Found {...found} />}
      </main>
    </>
  )
}

function Found({ report, place, tables }: BenchFound) {
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
          <div className="bench-table" tabIndex={0} role="group" aria-label={`${title}, rows`}>
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
