import { useId, useLayoutEffect, useRef, type ReactNode } from 'react'
import './styles/dialog.css'

interface Props {
  title: string
  onClose: () => void
  className?: string
  children: ReactNode
}

/** A modal dialog that is there as long as it is rendered; afterwards the focus is where it was before. Escape asks to close it. */
export function ModalDialog({ title, onClose, className = '', children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // In a layout effect, because its end comes before the element goes: only a dialog that is closed gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // Not of a dialog inside.
        if (event.target !== dialog.current) return
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

/** What stands there until an image and the code that shows it have come. */
export function OpeningDialog({ onClose }: { onClose: () => void }) {
  return (
    <ModalDialog title="Opening the image…" onClose={onClose}>
      <progress aria-label="Opening" />
      <div className="dialog-buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </ModalDialog>
  )
}
