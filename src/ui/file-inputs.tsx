import { loadFiles } from '../store/commands'
import type { FileRole } from '../worker/protocol'

const inputs: { label: string; role: FileRole; multiple: boolean; hint: string }[] = [
  { label: 'Exemplar image', role: 'exemplar-image', multiple: false, hint: 'PNG or JPEG' },
  { label: 'Exemplar mask', role: 'exemplar-mask', multiple: false, hint: 'of the same size' },
  { label: 'Unlabeled images', role: 'unlabeled', multiple: true, hint: 'to learn from' },
  { label: 'Reference masks', role: 'reference', multiple: true, hint: 'optional, same names' },
]

export function FileInputs({ can }: { can: boolean }) {
  return (
    <details className="files" open>
      <summary>Your own files</summary>
      <p className="quiet">Drop them anywhere, or choose:</p>
      {inputs.map(({ label, role, multiple, hint }) => (
        <div className="file-input" key={role}>
          <p>
            <label htmlFor={`file-${role}`}>{label}</label>{' '}
            <span className="hint quiet" id={`file-${role}-hint`}>
              {hint}
            </span>
          </p>
          <input
            type="file"
            id={`file-${role}`}
            accept="image/png,image/jpeg,.png,.jpg,.jpeg"
            multiple={multiple}
            disabled={!can}
            aria-describedby={`file-${role}-hint`}
            onChange={(event) => {
              void loadFiles([...(event.target.files ?? [])], role)
              // So that the same file can be chosen again after it was mended.
              event.target.value = ''
            }}
          />
        </div>
      ))}
    </details>
  )
}
