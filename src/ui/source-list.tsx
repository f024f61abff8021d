import { useCallback, useState } from 'react'
import { chooseSlices } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import type { SourceInfo } from '../worker/protocol'
import { OnDemand } from './boundary'
import { plural } from './format'
import { lazyPart } from './lazy-part'
import { FrameOptions, frameFrom } from './source-frame'
import { frameWord, groupFacts, groupNotes, imagesOf, isSingle, kindOf, orientationMeaning, sizeOf, spacingOf } from './source-words'

/** Opened seldom. */
const sourceDialog = lazyPart(
  'The preview',
  () => import('./source-dialog'),
  ({ SourceDialog }) => SourceDialog,
)

const first = 4

const none: SourceInfo[] = []

/** The user's volumes as they were understood: stacks, series and volumes one by one, single pictures together. */
export function SourceList() {
  const sources = usePage((state) => state.dataset?.sources ?? none)
  const [opened, setOpened] = useState<readonly string[] | null>(null)
  const [all, setAll] = useState(false)
  const close = useCallback(() => setOpened(null), [])
  if (sources.length === 0) return null
  const singles = sources.filter(isSingle)
  const volumes = sources.filter((source) => !isSingle(source))
  const shown = all ? volumes : volumes.slice(0, first)
  return (
    <section className="sources" aria-labelledby="sources-heading">
      <h3 id="sources-heading">What was understood</h3>
      <ul>
        {singles.length > 0 && (
          <li>
            <div className="source-head">
              <span className="source-name">{singles.length === 1 ? singles[0]!.name : plural(singles.length, 'single image')}</span>
              <PreviewButton
                name={singles.length === 1 ? singles[0]!.name : 'single images'}
                open={() => setOpened(singles.map(({ id }) => id))}
              />
            </div>
            <p className="quiet">{groupFacts(singles)}</p>
            <Notes notes={groupNotes(singles)} />
          </li>
        )}
        {shown.map((source) => (
          <VolumeRow source={source} open={() => setOpened([source.id])} key={source.id} />
        ))}
      </ul>
      {volumes.length > first && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${plural(volumes.length, 'volume')}`}
        </button>
      )}
      {opened && (
        <OnDemand part={sourceDialog} onClose={close}>
          {(SourceDialog) => <SourceDialog ids={opened} onClose={close} />}
        </OnDemand>
      )}
    </section>
  )
}

function PreviewButton({ name, open }: { name: string; open: () => void }) {
  return (
    <button type="button" className="small" aria-label={`Preview ${name}`} onClick={open}>
      Preview
    </button>
  )
}

function VolumeRow({ source, open }: { source: SourceInfo; open: () => void }) {
  const can = usePage((state) => allowed(state).load)
  const { id, name, orientation, size, frame, notes } = source
  const word = frameWord(source)
  return (
    <li>
      <div className="source-head">
        <span className="source-name" title={name}>
          {name}
        </span>
        <PreviewButton name={name} open={open} />
      </div>
      <p className="quiet">{kindOf(source)}</p>
      <p className="quiet">{sizeOf(source)}</p>
      <p className="quiet">
        {spacingOf(source)}
        {orientation !== null && (
          <>
            {' · '}
            <abbr title={orientationMeaning(orientation)}>{orientation}</abbr>
          </>
        )}
      </p>
      <p>Gives {imagesOf(source)}</p>
      {size[3] > 1 && (
        <label className="field question">
          <span>{word === 'channel' ? 'Which channel?' : '4-D: which frame?'}</span>
          <select
            aria-label={word === 'channel' ? `Which channel of ${name} is used?` : `4-D: which frame of ${name} is used?`}
            value={frame ?? 'all'}
            disabled={!can}
            onChange={(event) => chooseSlices(id, { frame: frameFrom(event.target.value) })}
          >
            <FrameOptions frames={size[3]} word={word} />
          </select>
        </label>
      )}
      <Notes notes={notes} />
    </li>
  )
}

function Notes({ notes }: { notes: readonly string[] }) {
  return notes.map((note) => (
    <p className="note needs" key={note}>
      {note}
    </p>
  ))
}
