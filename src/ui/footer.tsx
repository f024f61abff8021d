import { SentBytes } from './sent-bytes'

export function Footer() {
  return (
    <footer className="footer quiet">
      <p>
        Exemplar Lab is research software. It is not a medical device, is not approved by anyone for any purpose, and must not be used for
        diagnosis or treatment.
      </p>
      <SentBytes />
    </footer>
  )
}
