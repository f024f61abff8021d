import { BackendChip } from './backend-chip'
import { ThemeToggle } from './theme-toggle'

export function Header() {
  return (
    <header className="header">
      <div className="brand">
        <img src="favicon.svg" alt="" width="32" height="32" />
        <div>
          <h1>Exemplar Lab</h1>
          <p>Segments a stack of medical images from one annotated example.</p>
        </div>
      </div>
      <p className="privacy quiet">
        Everything runs in this page; nothing leaves it.
        <br />
        Research use only, not a medical device.
      </p>
      <BackendChip />
      <ThemeToggle />
    </header>
  )
}
