import { Component, Suspense, use, useSyncExternalStore, type ComponentType, type ReactNode } from 'react'
import { LoadError } from '../lib/own-file'
import type { LazyPart } from './lazy-part'
import { ModalDialog } from './modal-dialog'

interface BoundaryProps {
  /** What is inside, as the subject of a sentence. */
  what: string
  /** Loads again what could not be loaded. */
  onTryAgain?: () => void
  /** What is inside is a dialog, and so is the message; this closes it. */
  onClose?: (() => void) | undefined
  children: ReactNode
}

/** Says what went wrong inside it and offers to try again, while the page around it lives on. */
export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { what, onTryAgain, onClose, children } = this.props
    const { error } = this.state
    if (!error) return children
    const message = error instanceof LoadError ? error.message : `${what} failed: ${error.message}`
    const tryAgain = () => {
      if (error instanceof LoadError && onTryAgain) onTryAgain()
      else this.setState({ error: null })
    }
    const again = (
      <button type="button" className={onClose && 'primary'} onClick={tryAgain}>
        Retry
      </button>
    )
    if (!onClose)
      return (
        <div className="failure">
          <p role="alert">{message}</p>
          {again}
        </div>
      )
    return (
      <ModalDialog title="That did not work" onClose={onClose}>
        <p role="alert">{message}</p>
        <div className="dialog-buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          {again}
        </div>
      </ModalDialog>
    )
  }
}

interface OnDemandProps<P extends object> {
  part: LazyPart<P>
  /** Shown until it has arrived. */
  waiting?: ReactNode
  /** The part is a dialog; this closes it. */
  onClose?: () => void
  /** Shows it. */
  children: (part: ComponentType<P>) => ReactNode
}

/** A part that is loaded when it is first shown, with its boundary. */
export function OnDemand<P extends object>({ part, waiting = null, onClose, children }: OnDemandProps<P>) {
  const tries = useSyncExternalStore(part.subscribe, part.tries)
  return (
    <Boundary what={part.what} onTryAgain={part.tryAgain} onClose={onClose} key={tries}>
      <Suspense fallback={waiting}>
        <Loaded part={part}>{children}</Loaded>
      </Suspense>
    </Boundary>
  )
}

/** What has arrived is shown at once: `use` would wait even then, and parts that have a frame each would be shown in one. */
const Loaded = <P extends object>({ part, children }: Pick<OnDemandProps<P>, 'part' | 'children'>): ReactNode =>
  children(part.arrived() ?? use(part.get()))
