const parts = [
  { id: 'data', name: 'Data' },
  { id: 'run', name: 'Run' },
  { id: 'results', name: 'Results' },
]

/** The first that Tab reaches, seen only then: past what is in the way. */
export function SkipLinks() {
  return (
    <nav className="skip-links" aria-label="Skip to">
      {parts.map(({ id, name }) => (
        <a key={id} href={`#${id}`}>
          Skip to {name}
        </a>
      ))}
    </nav>
  )
}
