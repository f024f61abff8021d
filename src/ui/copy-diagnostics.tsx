import { useState } from 'react'
import { diagnostics, save } from '../store/commands'

/** Copies what a report of a fault needs; where the browser keeps the clipboard to itself, it is saved as a file. */
export function CopyDiagnostics() {
  const [said, setSaid] = useState('')
  const copy = async () => {
    const text = await diagnostics()
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied. No name and no pixel of your files is in it.')
    } catch {
      save({ name: 'exemplar-lab-diagnostics.json', bytes: new TextEncoder().encode(text) })
      setSaid('Saved as a file. No name and no pixel of your files is in it.')
    }
  }
  return (
    <p>
      <button
        type="button"
        title="Version, browser, backend, settings and the last errors, for a report of a fault"
        onClick={() => void copy()}
      >
        Copy diagnostics
      </button>{' '}
      <span role="status">{said}</span>
    </p>
  )
}
