import { useId, useLayoutEffect, useRef, type ReactNode, type RefObject, type SyntheticEvent } from 'react'
import './styles/dialog.css'

interface Props {
  /** Its name, and the heading unless there is a `head`. */
  title: string
  /** In place of the plain heading; what shows the title in it takes the id. */
  head?: (titleId: string) => ReactNode
  /** Escape was pressed, or the browser closed it. The dialog is there until it is no longer rendered. */
  onClose: () => void
  /** How it looks; without one a small box in the middle. */
  className?: string
  ref?: RefObject<HTMLDialogElement | null>
  children: ReactNode
}

/** A modal dialog that is there as long as it is rendered; afterwards the focus is where it was before. */
export function ModalDialog({ title, head, onClose, className = 'dialog', ref, children }: Props) {
  const own = useRef<HTMLDialogElement>(null)
  const dialog = ref ?? own
  const titleId = useId()
  // In a layout effect, because its end comes before the element goes: only a dialog that is closed gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [dialog])
  /** Dialogs inside have events of their own; and this one, closed because it is no longer rendered, has nobody to tell. */
  const isOwn = ({ target, currentTarget }: SyntheticEvent<HTMLDialogElement>) => target === currentTarget && currentTarget.isConnected
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (!isOwn(event)) return
        event.preventDefault()
        onClose()
      }}
      // A browser may close a dialog without asking, at the second Escape.
      onClose={(event) => isOwn(event) && !event.currentTarget.open && onClose()}
    >
      {head ? head(titleId) : <h2 id={titleId}>{title}</h2>}
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
