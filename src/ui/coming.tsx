import { useMemo } from 'react'
import { paletteOf } from '../image/palette'
import { replaySample } from '../store/commands'
import { usePage } from '../store/page-store'
import { Annotated } from './exemplar-list'
import { plural } from './format'
import { Thumbnail } from './thumbnail'
import { TourButton } from './tour-button'
import './styles/coming.css'

/** What a run will do, drawn in the place of its pictures until there are any. */
export function Coming() {
  const dataset = usePage((state) => state.dataset)
  const ready = usePage(({ status }) => status.state === 'ready')
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const exemplar = dataset?.exemplars.find(({ from }) => from !== null)
  const others = dataset?.unlabeled.filter(({ annotated }) => !annotated) ?? []
  // From all over the pile, since neighbours look alike.
  const some = [0.2, 0.5, 0.8].map((share) => others[Math.floor(share * others.length)])
  return (
    <div className="coming">
      <div className="coming-drawing" aria-hidden="true">
        <div className="coming-exemplar">
          <div className="frame">{exemplar && <Annotated exemplar={exemplar} palette={palette} side={256} />}</div>
          <p>
            <b>Exemplar</b> one image with its mask
          </p>
        </div>
        <svg viewBox="0 0 240 230">
          <g className="coming-way">
            <path d="M4 115C30 115 30 52 62 52" />
            <path d="M4 115C30 115 30 178 62 178" />
            <path d="M178 52C210 52 210 115 228 115" />
            <path d="M178 178C210 178 210 115 228 115" />
            <path className="tip" d="M226 108l12 7-12 7z" />
          </g>
          <g data-model="A">
            <rect x="62" y="32" width="116" height="40" rx="9" />
            <text x="120" y="57">
              Network A
            </text>
            <path d="M150 72C150 118 92 108 92 146" />
            <path className="tip" d="M86 144l6 12 6-12z" />
          </g>
          <g data-model="B">
            <rect x="62" y="158" width="116" height="40" rx="9" />
            <text x="120" y="183">
              Network B
            </text>
            <path d="M150 158C150 112 92 122 92 84" />
            <path className="tip" d="M86 86l6-12 6 12z" />
          </g>
          <text className="coming-word" x="120" y="222">
            each teaches the other
          </text>
        </svg>
        <div className="coming-others">
          <div className="coming-fan">
            {some.map((image, i) => (
              <div className="frame" key={i}>
                {image && <Thumbnail id={image.id} />}
              </div>
            ))}
          </div>
          <p>
            <b>{others.length > 0 ? plural(others.length, 'other image') : 'Other images'}</b> each gets a mask
          </p>
        </div>
      </div>
      <p>
        Both networks learn the exemplar. Then each teaches the other what it is sure of, on the images that have no mask. Their pictures
        appear here{ready ? ': press Start.' : ' once a run has started.'}
        {dataset?.sample != null && ' This is a made-up sample; for your own images, drop them anywhere.'}
      </p>
      <div className="coming-buttons">
        <TourButton />
        {dataset?.sample != null && ready && (
          <button
            type="button"
            onClick={() => void replaySample()}
            title="Pictures, curves and numbers of a run that was recorded, without training."
          >
            Replay a recorded run
          </button>
        )}
      </div>
    </div>
  )
}

/** The same in the place of the curves. */
export const ComingCurves = () => (
  <div className="coming-curves">
    <svg viewBox="0 0 200 100" preserveAspectRatio="none" aria-hidden="true">
      <path data-model="none" d="M2 2V98H198" />
      <path data-model="A" d="M2 12C30 62 60 76 198 84" />
      <path data-model="B" d="M2 22C40 66 70 84 198 91" />
    </svg>
    <p>How the run goes is drawn here from the first step on: loss, confidence, agreement, and Dice where there are reference masks.</p>
  </div>
)
