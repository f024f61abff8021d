import { chooseSlices } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed, loading } from '../store/state'
import type { SourceInfo } from '../worker/protocol'
import { NumberInput } from './number-input'
import { FrameOptions, frameFrom } from './source-frame'
import { cutOf, frameWord, ordinal } from './source-words'

const axes = [2, 1, 0] as const

/** Milliseconds without another keystroke before a number is taken: each one makes the session cut and prepare all images again. */
const settled = 600

const isWhole = (n: number, max: number) => Number.isInteger(n) && n >= 1 && n <= max

/** Which slices of a volume are images. */
export function SlicesForm({ source }: { source: SourceInfo }) {
  const can = usePage((state) => allowed(state).load)
  const busy = usePage(loading)
  const { id, axis, frame, every, size } = source
  const word = frameWord(source)
  return (
    <fieldset className="slices-form" disabled={!can}>
      <legend>What is used of it {busy && <span className="quiet">(being applied)</span>}</legend>
      {!can && <p className="note">Pause or stop the run to change this.</p>}
      <label className="field">
        <span>Cut along</span>
        <select value={axis} onChange={(event) => chooseSlices(id, { axis: Number(event.target.value) as 0 | 1 | 2 })}>
          {axes.map((a) => (
            <option value={a} key={a}>
              {cutOf(source, a)}
            </option>
          ))}
        </select>
      </label>
      {size[3] > 1 && (
        <label className="field">
          <span>{word === 'channel' ? 'Channel' : 'Frame'}</span>
          <select value={frame ?? 'all'} onChange={(event) => chooseSlices(id, { frame: frameFrom(event.target.value) })}>
            <FrameOptions frames={size[3]} word={word} />
          </select>
        </label>
      )}
      <NumberInput
        label="Every n-th slice"
        value={every}
        min={1}
        max={size[axis]}
        step={1}
        hint={every === 1 ? 'all slices are used' : `every ${ordinal(every)} slice is used`}
        refuse={(text) => (isWhole(Number(text), size[axis]) ? null : `a whole number from 1 to ${size[axis]}`)}
        wait={settled}
        onChange={(n) => chooseSlices(id, { every: n })}
      />
    </fieldset>
  )
}
