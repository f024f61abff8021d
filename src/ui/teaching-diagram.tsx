import { ConfidenceLegend } from './confidence-legend'
import { disagreementColour, rgbOf } from '../image/palette'
import { LivePicture, type Painter } from './live-picture'
import { paintConfidence, paintDisagreement, paintGrey, paintKnown, paintLabels, paintMask } from './painters'
import { TeachingArrows } from './teaching-arrows'
import { WatchedName } from './watched-name'

type Model = 'A' | 'B'

const modelPictures = (model: Model): { name: string; hint: string; paint: Painter }[] => {
  const other = model === 'A' ? 'B' : 'A'
  return [
    {
      name: `Prediction ${model}`,
      hint: `What ${model} makes of the strong view; ${other} corrects it.`,
      paint: (to, views, palette) => paintLabels(to, views.strong, views[model].prediction, palette),
    },
    {
      name: `Confidence ${model}`,
      hint: `How sure ${model} is of each pixel of the weak view.`,
      paint: (to, views) => paintConfidence(to, views[model].confidence),
    },
    {
      name: `Pseudo-label ${model}`,
      hint: `What ${model} sees in the weak view: the lesson for ${other}.`,
      paint: (to, views, palette) => paintLabels(to, views.weak, views[model].pseudoLabel, palette),
    },
    {
      name: `Confidence mask ${model}`,
      hint: `White where ${model} is sure enough to teach; elsewhere nothing is learnt.`,
      paint: (to, views) => paintMask(to, views.weak, views[model].mask, views.size),
    },
  ]
}

const rows = { A: modelPictures('A'), B: modelPictures('B') }

const paintWeak: Painter = (to, views) => paintGrey(to, views.weak)
const paintStrong: Painter = (to, views) => paintGrey(to, views.strong)
const crimson = rgbOf(disagreementColour)
const paintDiffering: Painter = (to, views) => paintDisagreement(to, views.weak, views.disagreement, crimson)
const paintExemplar: Painter = (to, views, palette) => paintLabels(to, views.exemplar.image, views.exemplar.labels, palette)
const paintSynthetic: Painter = (to, { synthetic, size }, palette) => {
  if (synthetic) paintKnown(to, synthetic.image, synthetic.labels, synthetic.known, size, palette)
}

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
        <LivePicture name="Exemplar" hint="The annotated image, turned and warped for this step." paint={paintExemplar} />
        <LivePicture
          name="Synthetic sample"
          hint="The exemplar's structures pasted onto another image; hatched where the label is unknown."
          paint={paintSynthetic}
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
