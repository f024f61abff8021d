import { useRef, type ReactNode } from 'react'
import { inFolders } from './file-inputs'

interface Props {
  children: ReactNode
  /** Of the input, where a button's own name does not say enough. */
  label?: string
  describedBy?: string
  /** One that disables itself while files are read would lose the focus. */
  can?: boolean
  folder?: boolean
  onFiles: (files: File[]) => void
}

/** A button that asks for files, or for a folder with all that is in it. */
export function FileButton({ children, label, describedBy, can = true, folder = false, onFiles }: Props) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" aria-disabled={!can} aria-describedby={describedBy} onClick={() => can && input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        {...(folder && inFolders)}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // So that the same file can be chosen again once it has been corrected.
          event.target.value = ''
          onFiles(files)
        }}
      />
    </>
  )
}
