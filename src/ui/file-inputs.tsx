import { loadFiles } from '../store/commands'
import type { FileRole } from '../worker/protocol'

interface FileInputProps {
  label: string
  hint: string
  /** Null where the files sort themselves. */
  role: FileRole | null
  /** One file, several, or a folder with all that is in it. */
  take: 'one' | 'several' | 'folder'
}

/** No `accept`: DICOM files often have no extension, and a filter by extension would hide them. */
const inputs: FileInputProps[] = [
  { label: 'Exemplar image', role: 'exemplar-image', take: 'one', hint: 'or volume' },
  { label: 'Exemplar mask', role: 'exemplar-mask', take: 'several', hint: 'of the same size; several become one' },
  { label: 'Unlabeled images', role: 'unlabeled', take: 'several', hint: 'to learn from' },
  { label: 'Reference masks', role: 'reference', take: 'several', hint: 'optional' },
]

/** These sort themselves, as a drop does. */
const unsorted: FileInputProps[] = [
  { label: 'Folder', role: null, take: 'folder', hint: 'such as a DICOM study' },
  { label: 'Zip or mixed files', role: null, take: 'several', hint: 'or a saved run' },
]

export function FileInputs({ can }: { can: boolean }) {
  return (
    <details className="files">
      <summary>
        Choose files <span className="quiet">or drop them anywhere</span>
      </summary>
      <p className="quiet">PNG, JPEG, TIFF, NIfTI, DICOM, NRRD, MHA, npy, HDF5 or a zip of them.</p>
      {inputs.map((input) => (
        <FileInput {...input} can={can} key={input.label} />
      ))}
      <p className="quiet">Or all at once, sorted for you:</p>
      {unsorted.map((input) => (
        <FileInput {...input} can={can} key={input.label} />
      ))}
    </details>
  )
}

function FileInput({ label, hint, role, take, can }: FileInputProps & { can: boolean }) {
  const id = `file-${role ?? take}`
  return (
    <div className="file-input">
      <p>
        <label htmlFor={id}>{label}</label>{' '}
        <span className="hint quiet" id={`${id}-hint`}>
          {hint}
        </span>
      </p>
      <input
        type="file"
        id={id}
        multiple={take !== 'one'}
        // Unknown to React's types, supported by all desktop browsers.
        {...(take === 'folder' ? { webkitdirectory: '' } : {})}
        // One that disables itself while it is read would lose the focus.
        aria-disabled={!can}
        onClick={(event) => !can && event.preventDefault()}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          loadFiles([...(event.target.files ?? [])], role)
          // So that the same file can be chosen again once it has been corrected.
          event.target.value = ''
        }}
      />
    </div>
  )
}
