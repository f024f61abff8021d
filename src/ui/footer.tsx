import { CopyDiagnostics } from './copy-diagnostics'
import { SentBytes } from './sent-bytes'

export function ResearchNotice() {
  return (
    <p>
      Exemplar Lab is research software. It is not a medical device, is not approved by anyone for any purpose, and must not be used for
      diagnosis or treatment.
    </p>
  )
}

export function Footer() {
  return (
    <footer className="footer quiet">
      <ResearchNotice />
      <SentBytes />
      <p>
        <a href="./licenses.txt" target="_blank">
          Licences of what this page is made of
        </a>
      </p>
      <CopyDiagnostics />
    </footer>
  )
}
