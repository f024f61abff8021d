import { useId, useState } from 'react'
import { takeStep } from '../store/commands'
import { useLatest } from '../store/latest'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { beginWalk, canWalk, endWalk, useWalk } from '../store/walk'
import type { Network } from '../worker/protocol'
import { ConfidenceLegend } from './confidence-legend'
import { LivePicture } from './live-picture'
import { told } from './step-phases'
import { TeachingArrows, TermButton, type Pointing } from './teaching-arrows'
import { inputs, modelPart, modelPictures, networks, type Part } from './teaching-parts'
import { TeachingSays } from './teaching-says'
import { TimelineBar } from './timeline-bar'
import { supervisedArrows, type TermArrow } from './teaching-terms'
import { TourButton } from './tour-button'
import { WatchedName } from './watched-name'
import './styles/teaching.css'

/** What each network sees and believes, how sure it is, and what it learns from the other, on one unlabelled image. */
export function TeachingDiagram() {
  const [pointed, point] = useState<TermArrow | null>(null)
  const walk = useWalk()
  const explainedBy = useId()
  const pointing: Pointing = { pointed, point, explainedBy }
  const parts = pointed ? [...pointed.from, ...pointed.to] : walk ? told[walk.phase].lit : []
  const lit: ReadonlySet<Part> = new Set(parts)
  return (
    <div className="teaching" data-phase={walk?.phase}>
      <h3>
        What they teach each other <WatchedName />
      </h3>
      <Controls />
      <div className="diagram">
        <Shared lit={lit} />
        <ModelRow model="A" pointing={pointing} lit={lit} />
        <TeachingArrows pointing={pointing} lit={lit} />
        <ModelRow model="B" pointing={pointing} lit={lit} />
      </div>
      <TimelineBar />
      <TeachingSays id={explainedBy} pointed={pointed} walk={walk} />
    </div>
  )
}

/** What is done with single steps, and the colours of the confidence pictures. */
function Controls() {
  const status = usePage((state) => state.status)
  const walk = useWalk()
  const can = allowed({ status })
  const seen = useLatest(({ views }) => views !== null)
  const toSlow = canWalk('slow', { status }, seen)
  const slow = walk?.kind === 'slow'
  return (
    <div className="teaching-controls">
      <div role="group" aria-label="Single steps">
        {networks.map((model) => (
          <button
            key={model}
            type="button"
            title={`One step in which the weights of ${model} change and those of the other network stay.`}
            aria-disabled={!can.step}
            onClick={() => can.step && void takeStep(model)}
          >
            Step {model} only
          </button>
        ))}
        <button
          type="button"
          title="Step after step, with a pause between the phases of each."
          aria-pressed={slow}
          aria-disabled={!toSlow && !slow}
          onClick={() => (slow ? endWalk() : toSlow && void beginWalk('slow'))}
        >
          Slow motion
        </button>
        <TourButton />
      </div>
      <ConfidenceLegend />
    </div>
  )
}

/** The images, which both networks see. */
function Shared({ lit }: { lit: ReadonlySet<Part> }) {
  const shared = usePage((state) => (state.running ?? state.asked).draws === 'shared')
  return (
    <div className="shared" role="group" aria-label="Seen by both">
      <p
        className="model-name"
        aria-hidden="true"
        title={
          shared
            ? undefined
            : 'In this run each network draws its own labelled images, strong views and boxes; here stand one strong view, and A’s labelled images.'
        }
      >
        {shared ? 'Seen by both' : 'Seen, each its own'}
      </p>
      {inputs.map((picture) => (
        <LivePicture key={picture.name} {...picture} lit={lit.has(picture.name)} />
      ))}
    </div>
  )
}

function ModelRow({ model, pointing, lit }: { model: Network; pointing: Pointing; lit: ReadonlySet<Part> }) {
  const name = modelPart(model)
  return (
    <div className="model-row" data-model={model} role="group" aria-label={name} data-lit={lit.has(name)}>
      <div className="model-head">
        <p className="model-name" aria-hidden="true">
          {name}
        </p>
        {supervisedArrows[model].map((arrow) => (
          <TermButton key={arrow.term} arrow={arrow} pointing={pointing} />
        ))}
      </div>
      {modelPictures[model].map((picture) => (
        <LivePicture key={picture.name} {...picture} lit={lit.has(picture.name)} />
      ))}
    </div>
  )
}
