import { useState } from 'react'
import { giveFiles } from './give-files'
import { usePage } from '../store/page-store'
import type { FileRole } from '../worker/protocol'
import { plural } from './format'

/** Makes an input take a folder: unknown to React's types, supported by all desktop browsers. */
export const inFolders = { webkitdirectory: '' }

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
  const [chosen, setChosen] = useState('')
  // A sample takes the place of what was chosen.
  const sample = usePage((state) => state.dataset?.sample ?? null)
  const [before, setBefore] = useState(sample)
  if (before !== sample) {
    setBefore(sample)
    if (sample !== null) setChosen('')
  }
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
        {...(take === 'folder' && inFolders)}
        // One that disables itself while it is read would lose the focus.
        aria-disabled={!can}
        onClick={(event) => !can && event.preventDefault()}
        aria-describedby={`${id}-hint ${id}-chosen`}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          if (files.length > 0) setChosen(chosenWords(files, take))
          void giveFiles(files, role)
          // So that the same file can be chosen again once it has been corrected.
          event.target.value = ''
        }}
      />
      <span className="chosen quiet" id={`${id}-chosen`} title={chosen}>
        {chosen || 'nothing chosen'}
      </span>
    </div>
  )
}

/** "scan.png", "scan.png and 3 others", "study, 96 files". */
function chosenWords(files: readonly File[], take: FileInputProps['take']): string {
  const [first] = files
  const folder = take === 'folder' ? first!.webkitRelativePath.split('/')[0] : ''
  if (folder) return `${folder}, ${plural(files.length, 'file')}`
  return files.length === 1 ? first!.name : `${first!.name} and ${plural(files.length - 1, 'other')}`
}
