import { useMemo } from 'react'
import { removeFromBank } from '../store/commands'
import { usePage } from '../store/page-store'
import { useThumbnail } from '../store/thumbnails'
import { paletteOf, type Palette } from '../image/palette'
import type { BankEntryInfo, BankInfo } from '../worker/protocol'
import { count, lastPart, plural } from './format'
import { keepFocus } from './keep-focus'
import { OutlinedPicture } from './outlined-picture'
import { strikeUnknown } from './painters'
import { RemoveIcon } from './remove-icon'
import './styles/pile.css'

/** The images that registration labelled from the exemplar, and why there are none. */
export function BankList() {
  const bank = usePage((state) => state.bank)
  const removed = usePage(({ marks }) => marks.some(({ what }) => what === 'unbanked'))
  const progress = usePage((state) => state.progress.bank)
  const classes = usePage((state) => state.dataset?.classes)
  const palette = useMemo(() => paletteOf(classes ?? []), [classes])
  return (
    <section className="exemplars" aria-labelledby="bank-heading" ref={keepFocus} tabIndex={-1}>
      <h3 id="bank-heading">Bank of pseudo-exemplars</h3>
      {bank ? (
        <>
          <p className="note">{saidOf(bank, removed)}</p>
          {bank.reach && <Reach reach={bank.reach} />}
        </>
      ) : progress ? (
        <div className="reading">
          <span className="quiet">
            Registration {count(progress.done)} of {count(progress.of)}
          </span>
          <progress aria-label="Registration" max={Math.max(1, progress.of)} value={progress.done} />
        </div>
      ) : (
        <p className="note">Before the first step, the exemplar is laid on unlabelled images; those that it fits best will appear here.</p>
      )}
      {bank && bank.entries.length > 0 && (
        <ul className="exemplar-strip">
          {bank.entries.map((entry) => (
            <li key={entry.image}>
              <Entry entry={entry} palette={palette} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** The poses that were found, beside the ranges that the exemplar is drawn in. */
function Reach({ reach: { rotation, scale } }: { reach: NonNullable<BankInfo['reach']> }) {
  const asked = usePage((state) => state.asked)
  return (
    <p className="note">
      In most of these images it is turned by up to {Math.round(rotation)}° and scaled by up to {scale.toFixed(1)}. The settings{' '}
      <em>Exemplar rotation</em> and <em>Exemplar scale</em> train it up to {asked.exemplarRotation}° and {asked.exemplarScale}.
    </p>
  )
}

function saidOf({ entries, eligible, tried, reach }: BankInfo, removed: boolean): string {
  const along = entries.filter(({ away }) => away > 0).length
  const few = tried > 0 && !reach
  const found = [
    ...(tried > 0
      ? [`In ${eligible} of ${plural(tried, 'patient')} the exemplar’s labels find their way back${few ? ', too few to trust' : ''}.`]
      : []),
    ...(along > 0 ? [`The exemplar’s labels were carried to ${plural(along, 'slice')} along its stack.`] : []),
  ].join(' ')
  if (entries.length > 0) return `${found} These train like exemplars; remove one that is wrong.`
  if (removed) return `${found} All were removed.`
  if (few) return `${found} This image is unlike the others: annotate another one, or one at another level.`
  return 'None: there is no image of another patient, and no slice beside the exemplar that looks like it.'
}

function Entry({ entry: { image, name, labels, fit, wayBack, away }, palette }: { entry: BankEntryInfo; palette: Palette }) {
  const seen = useThumbnail(image)
  return (
    <figure className="picture" aria-label={`Pseudo-exemplar: ${name}`}>
      <div className="frame">
        {seen && seen.pixels.length === labels.length && (
          <OutlinedPicture
            grey={strikeUnknown(seen.pixels, labels, seen.size)}
            labels={labels}
            size={seen.size}
            palette={palette}
            side={160}
          />
        )}
      </div>
      <figcaption title={name}>
        {lastPart(name)}
        {away > 0 && <span className="quiet along">along the stack, {plural(away, 'slice')} away</span>}
        <span className="quiet scores" title="Fit: normalised cross-correlation with the exemplar; way back: Dice of its labels">
          {fit.toFixed(2)} · {wayBack.toFixed(2)}
        </span>
      </figcaption>
      <div className="exemplar-buttons">
        <button
          type="button"
          aria-label={`Remove ${name} from the bank`}
          title={`Remove ${name} from the bank`}
          onClick={() => removeFromBank(image)}
        >
          <RemoveIcon />
        </button>
      </div>
    </figure>
  )
}
