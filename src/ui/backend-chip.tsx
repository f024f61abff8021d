import { usePage } from '../store/page-store'

/** What runs the arithmetic: people train on a software adapter without knowing it, so it is always in sight. */
export function BackendChip() {
  const backend = usePage((state) => state.backend)
  return (
    <p className="chip" data-testid="backend">
      <span className="quiet">Backend</span>{' '}
      {backend ? (
        <>
          <strong>{backend.backend}</strong> <span className="adapter">{backend.adapter}</span>
          {backend.software && <span className="adapter"> (software)</span>}
        </>
      ) : (
        <span className="adapter">starting</span>
      )}
    </p>
  )
}
