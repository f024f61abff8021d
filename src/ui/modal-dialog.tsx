import { useId, useLayoutEffect, useRef, type ReactNode, type RefObject, type SyntheticEvent } from 'react'
import './styles/dialog.css'

interface Props {
  /** Its accessible name, and its heading unless there is a `head`. */
  title: string
  /** Replaces the plain heading; the element in it that shows the title takes the id. */
  head?: (titleId: string) => ReactNode
  /** Escape was pressed, or the browser closed it. The caller then stops rendering it. */
  onClose: () => void
  /** CSS classes; by default it is a small box in the middle. */
  className?: string
  ref?: RefObject<HTMLDialogElement | null>
  children: ReactNode
}

/** A modal dialog, open as long as it is rendered; afterwards the focus returns to where it was. */
export function ModalDialog({ title, head, onClose, className = 'dialog', ref, children }: Props) {
  const own = useRef<HTMLDialogElement>(null)
  const dialog = ref ?? own
  const titleId = useId()
  // A layout effect, because it is cleaned up before the element is removed: only a dialog that is closed gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [dialog])
  /** Not an event of a dialog inside, nor of this one being closed because it is no longer rendered. */
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

/** Shown until an image and the code that displays it have arrived. */
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
