import { dismissOffer, takeOffer, useOffline } from '../store/offline'

const offers = {
  update: { says: 'A new version of this page is ready.', button: 'Update' },
  threads: { says: 'After a reload this page can train on several processor cores.', button: 'Reload' },
}

/** What a reload would bring: only offered, over the page, so that nothing moves and no run is disturbed. */
export function OfflineOffer() {
  const offer = useOffline((state) => state.offer)
  return (
    <div className="offline-offer" aria-live="polite">
      {offer && (
        <div>
          <p>{offers[offer].says}</p>
          <button type="button" className="primary" onClick={takeOffer}>
            {offers[offer].button}
          </button>
          <button type="button" onClick={dismissOffer}>
            Later
          </button>
        </div>
      )}
    </div>
  )
}
