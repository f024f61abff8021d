import { chooseExport, saveCaseNames } from '../store/commands'
import { usePage } from '../store/page-store'
import { exporting } from '../store/state'
import type { IdentifierInfo } from '../worker/protocol'
import { count } from './format'
import './styles/identifiers.css'

/** What becomes of the unique identifiers by which a DICOM SEG names its images. */
const uidsIn = (keepIdentifiers: boolean, rename: boolean): string =>
  rename && !keepIdentifiers ? 'replaced in DICOM SEG, always by the same' : fates.always

const fates: Record<IdentifierInfo['written'], string> = {
  always: 'in DICOM SEG: no viewer finds the images without it',
  asked: 'left out of DICOM SEG, unless kept',
  names: 'in names of files, unless renamed',
  never: 'in no export',
}

/** What could name a person, before it is written anywhere, and the choice whether it is. Nothing for the samples alone: nobody is in them. */
export function Identifiers() {
  const dataset = usePage((state) => state.dataset)
  const { format, keepIdentifiers, rename } = usePage((state) => state.exportOptions)
  const busy = usePage((state) => exporting(state) !== null)
  if (!dataset) return null
  const { sample, sources, further, identifiers, personal } = dataset
  const own = (sample === null ? sources.length : 0) + further.sources.length
  if (own === 0) return null
  return (
    <div className="identifiers">
      {personal.count > 0 && (
        <p>
          {personal.count === 1 ? 'The name of a file looks' : `The names of ${count(personal.count)} files look`} like the name or number
          of a person: {personal.examples.map(({ name, why }) => `"${name}" ${why}`).join('; ')}.{' '}
          {rename ? 'Exports call them case-001, case-002, …' : 'They are in every export, unless you rename them.'}
        </p>
      )}
      <div className="identifiers-choices">
        <label title="In names of files, labels.json, config.json and the report; the same patient always has the same number.">
          <input type="checkbox" checked={rename} disabled={busy} onChange={(event) => chooseExport({ rename: event.target.checked })} />
          Rename files to case-001, case-002, … in exports
        </label>
        {rename && (
          <button type="button" disabled={busy} onClick={() => void saveCaseNames()} title="It is in no export: keep it apart from them.">
            Save which is which
          </button>
        )}
        {identifiers.length > 0 && (
          <label title="Unless this is on, a DICOM SEG has a case number in their place.">
            <input
              type="checkbox"
              checked={keepIdentifiers}
              disabled={busy || format === 'nifti' || format === 'seg-nrrd'}
              onChange={(event) => chooseExport({ keepIdentifiers: event.target.checked })}
            />
            Keep the patient's name in DICOM SEG, and the other fields below that can be kept
          </label>
        )}
      </div>
      {identifiers.length > 0 && (
        <details>
          <summary>What could name a person in your DICOM files: {count(identifiers.length)} fields</summary>
          <div className="identifiers-table" tabIndex={0} role="group" aria-label="Fields that could name a person">
            <table>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">In your files</th>
                  <th scope="col">In exports</th>
                </tr>
              </thead>
              <tbody>
                {identifiers.map(({ tag, name, values, more, written }) => (
                  <tr key={tag}>
                    <th scope="row">{name}</th>
                    <td>
                      {values.join('; ')}
                      {more > 0 && ` and ${count(more)} more`}
                    </td>
                    <td>
                      {written === 'always'
                        ? uidsIn(keepIdentifiers, rename)
                        : written === 'asked' && keepIdentifiers
                          ? 'kept in DICOM SEG'
                          : fates[written]}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  )
}
