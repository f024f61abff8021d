import { ConfidenceLegend } from './confidence-legend'
import { disagreementColour, rgbOf } from '../image/palette'
import type { LiveViews } from '../worker/protocol'
import { LivePicture, type Painter } from './live-picture'
import { paintConfidence, paintDisagreement, paintGrey, paintKnown, paintMask } from './painters'
import { TeachingArrows } from './teaching-arrows'
import { WatchedName } from './watched-name'

type Model = 'A' | 'B'

const paintWeak: Painter = (to, views) => paintGrey(to, views.weak)
const paintStrong: Painter = (to, views) => paintGrey(to, views.strong)

const modelPictures = (model: Model): Parameters<typeof LivePicture>[0][] => {
  const other = model === 'A' ? 'B' : 'A'
  return [
    {
      name: `Prediction ${model}`,
      hint: `What ${model} makes of the strong view; ${other} corrects it.`,
      paint: paintStrong,
      labels: (views) => views[model].prediction,
    },
    {
      name: `Confidence ${model}`,
      hint: `How sure ${model} is of each pixel of the weak view.`,
      paint: (to, views) => paintConfidence(to, views[model].confidence),
    },
    {
      name: `Pseudo-label ${model}`,
      hint: `What ${model} sees in the weak view: the lesson for ${other}.`,
      paint: paintWeak,
      labels: (views) => views[model].pseudoLabel,
    },
    {
      name: `Confidence mask ${model}`,
      hint: `White where ${model} is sure enough to teach; elsewhere nothing is learnt.`,
      paint: (to, views) => paintMask(to, views.weak, views[model].mask, views.size),
    },
  ]
}

const rows = { A: modelPictures('A'), B: modelPictures('B') }

const crimson = rgbOf(disagreementColour)
const paintDiffering: Painter = (to, views) => paintDisagreement(to, views.weak, views.disagreement, crimson)
const paintExemplar: Painter = (to, views) => paintGrey(to, views.exemplar.image)
const exemplarLabels = ({ exemplar }: LiveViews) => exemplar.labels
const paintSynthetic: Painter = (to, { synthetic, size }) => {
  if (synthetic) paintKnown(to, synthetic.image, synthetic.known, size)
}
const syntheticLabels = ({ synthetic }: LiveViews) =>
  synthetic ? synthetic.labels.map((label, i) => (synthetic.known[i] === 0 ? 0 : label)) : new Uint8Array()

/** What each model believes, how sure it is, and what it learns from the other, on one unlabelled image. */
export function TeachingDiagram() {
  return (
    <div className="teaching">
      <h3>
        What they teach each other <WatchedName />
      </h3>
      <div className="diagram">
        <div className="views-weak">
          <LivePicture name="Weak view" hint="The image, slightly moved: pseudo-labels are made on it." paint={paintWeak} />
        </div>
        <div className="views-strong">
          <LivePicture
            name="Strong view"
            hint="The same with altered contrast, blur and noise: predictions are made on it."
            paint={paintStrong}
          />
        </div>
        <ModelRow model="A" />
        <TeachingArrows />
        <ModelRow model="B" />
      </div>
      <div className="beside">
        <LivePicture name="Disagreement" hint="Where the two pseudo-labels differ." paint={paintDiffering} />
        <LivePicture
          name="Exemplar"
          hint="The annotated image, turned and warped for this step."
          paint={paintExemplar}
          labels={exemplarLabels}
        />
        <LivePicture
          name="Synthetic sample"
          hint="The exemplar's structures pasted onto another image; hatched where the label is unknown."
          paint={paintSynthetic}
          labels={syntheticLabels}
          present={(views) => views.synthetic !== null}
        />
        <ConfidenceLegend />
      </div>
    </div>
  )
}

function ModelRow({ model }: { model: Model }) {
  return (
    <div className="model-row" data-model={model} role="group" aria-label={`Model ${model}`}>
      <p className="model-name" aria-hidden="true">
        Model {model}
      </p>
      {rows[model].map((picture) => (
        <LivePicture key={picture.name} {...picture} />
      ))}
    </div>
  )
}
