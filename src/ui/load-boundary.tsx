import { Component, lazy, type ComponentType, type ReactNode } from 'react'
import { ModalDialog } from './modal-dialog'

/** A component that is loaded when it is first shown. @param what its name in the sentence that is shown where it cannot be loaded */
export const loadedOnDemand = <P extends object>(what: string, load: () => Promise<ComponentType<P>>) =>
  lazy(async () => {
    try {
      return { default: await load() }
    } catch {
      throw new Error(`${what} could not be loaded: see that the page is still being served, then reload it.`)
    }
  })

interface Props {
  onClose: () => void
  children: ReactNode
}

/** Says in a dialog what went wrong inside it, so that the page around lives on. */
export class LoadBoundary extends Component<Props, { error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <ModalDialog title="That did not work" onClose={this.props.onClose}>
        <p role="alert">{error.message}</p>
        <div className="dialog-buttons">
          <button type="button" onClick={this.props.onClose}>
            Close
          </button>
        </div>
      </ModalDialog>
    )
  }
}
