import { useMemo, useState } from 'react'
import { deleteRuns, exportRuns, importRuns, nameOf, sayOfLog } from '../../store/run-log'
import { usePage } from '../../store/page-store'
import type { LoggedRun } from '../../worker/protocol'
import { FileButton } from '../file-button'
import { plural, size } from '../format'
import { ModalDialog } from '../modal-dialog'
import { ComparedSettings } from './compared-settings'
import { RunTable } from './run-table'
import { Sweep } from './sweep-form'
import '../styles/run-log.css'

/** The list of runs with what can be done with those that are chosen, and the sweep. */
export function RunLog() {
  const { runs, kept } = usePage((state) => state.log)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const said = usePage((state) => state.saidOfLog)
  const [asking, setAsking] = useState<readonly LoggedRun[] | null>(null)
  const some = useMemo(() => runs.filter(({ id }) => chosen.has(id)), [runs, chosen])
  const ids = some.map(({ id }) => id)
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0)
  const remove = async (gone: readonly LoggedRun[]) => {
    setAsking(null)
    if (await deleteRuns(gone.map(({ id }) => id))) sayOfLog(`Deleted ${plural(gone.length, 'run')}.`)
  }
  return (
    <>
      <p className="quiet">
        {runs.length === 0
          ? 'Each run that finishes or is stopped is listed here with its settings, curves, scores and masks, to compare with others. '
          : `${plural(runs.length, 'run')}, ${size(bytes)}${kept ? ' in this browser' : ', as long as this page is open: this browser stores nothing'}. `}
        No pixel and no name of your images is kept here. Pinned runs lie over the curves and stay; of others the newest 200 do, up to 200
        MB.
      </p>
      <div className="run-log-tools">
        <FileButton label="Import to the run log" onFiles={(files) => void importRuns(files)}>
          Import
        </FileButton>
        <button type="button" aria-disabled={ids.length === 0} onClick={() => ids.length > 0 && void exportRuns(ids)}>
          Export chosen
        </button>
        <button type="button" aria-disabled={ids.length === 0} onClick={() => ids.length > 0 && setAsking(some)}>
          Delete chosen
        </button>
        <span className="quiet" role="status">
          {said}
        </span>
      </div>
      {runs.length > 0 && <RunTable runs={runs} chosen={chosen} onChoose={setChosen} onSay={sayOfLog} />}
      {some.length === 2 ? (
        <ComparedSettings runs={[some[0]!, some[1]!]} />
      ) : (
        runs.length > 1 && <p className="hint quiet">Choose two runs to see in what they differ.</p>
      )}
      <Sweep />
      {asking && (
        <ModalDialog
          title={asking.length === 1 ? `Delete "${nameOf(asking[0]!)}"?` : `Delete ${plural(asking.length, 'run')}?`}
          onClose={() => setAsking(null)}
        >
          <p>Their settings, curves, scores and masks are gone then. The run at hand and its images stay.</p>
          <div className="dialog-buttons">
            <button type="button" onClick={() => setAsking(null)}>
              Keep
            </button>
            <button type="button" onClick={() => void remove(asking)}>
              Delete
            </button>
          </div>
        </ModalDialog>
      )}
    </>
  )
}
