import { useEffect, type RefObject } from 'react'

/** Opens a dialog for as long as it is rendered, and then gives the focus back to what had it. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useEffect(() => {
    const element = dialog.current!
    const before = document.activeElement
    if (!element.open) element.showModal()
    return () => {
      element.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [dialog])
}
