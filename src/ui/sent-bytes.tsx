import { useOffline } from '../store/offline'
import { timesOf, useRequests, type Sent } from '../store/requests'
import { plural, size } from './format'

/** One address that is not of the page's own files. */
function describe(sent: Sent): string {
  const { url, method, bytes } = sent
  return `${method ?? 'a request to'} ${url} (${plural(timesOf(sent), 'time')}, ${bytes === null ? 'bytes not seen' : plural(bytes, 'byte')})`
}

/** What left the page, as counted; it promises nothing that nobody watched. */
export function SentBytes() {
  const { watchers, sinceImages, sent } = useRequests((all) => all)
  const kept = useOffline((state) => state.kept)
  const others = sent.filter(({ ownFile }) => !ownFile)
  const own = sent.filter(({ ownFile }) => ownFile).reduce((sum, one) => sum + timesOf(one), 0)
  const bytes = others.reduce((sum, one) => sum + (one.bytes ?? 0), 0)
  const unseen = others.some((one) => one.bytes === null)
  const amount = `${unseen ? 'At least ' : ''}${plural(bytes, 'byte')} sent`
  const since = sinceImages ? 'since your images were opened' : 'since the page was opened'
  return (
    <p role="note" aria-label="Bytes sent" data-bytes={watchers.length === 0 ? undefined : bytes}>
      {watchers.length === 0 ? (
        'Bytes sent: not observed, because this browser lets a page watch no requests. '
      ) : (
        <>
          <strong>{amount}</strong> {since}, counted by the {watchers.includes('service worker') ? 'service worker' : 'page'}:{' '}
          {own === 0 ? 'no request' : `${plural(own, 'request')}, without content,`} for the page’s own files
          {others.length === 0 ? ' and none else' : `; also ${others.map(describe).join('; ')}`}.{' '}
        </>
      )}
      Images, masks and weights stay in this page, and its policy lets it reach no other address.
      {kept !== null && ` It works without its server: ${size(kept)} of its own files are kept in this browser.`}
    </p>
  )
}
