import { useEffect, useRef, useState } from 'react'
import { chooseSlices } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed, loading } from '../store/state'
import type { SourceInfo } from '../worker/protocol'
import { FrameOptions, frameFrom } from './source-frame'
import { cutOf, ordinal } from './source-words'

const axes = [2, 1, 0] as const

/** Milliseconds without another keystroke before a number is taken. */
const settled = 600

/** Which slices of a volume are images. */
export function SlicesForm({ source }: { source: SourceInfo }) {
  const can = usePage((state) => allowed(state).load)
  const busy = usePage(loading)
  const { id, axis, frame, every, size } = source
  const choose = (choice: Partial<Pick<SourceInfo, 'axis' | 'frame' | 'every'>>) => chooseSlices(id, { axis, frame, every, ...choice })
  return (
    <fieldset className="slices-form" disabled={!can}>
      <legend>What is used of it {busy && <span className="quiet">(being applied)</span>}</legend>
      {!can && <p className="note">Pause or stop the run to change this.</p>}
      <label className="field">
        <span>Cut along</span>
        <select
          value={axis}
          onChange={(event) => {
            const chosen = Number(event.target.value) as 0 | 1 | 2
            choose({ axis: chosen, every: Math.min(every, size[chosen]) })
          }}
        >
          {axes.map((a) => (
            <option value={a} key={a}>
              {cutOf(source, a)}
            </option>
          ))}
        </select>
      </label>
      {size[3] > 1 && (
        <label className="field">
          <span>Frame</span>
          <select value={frame ?? 'all'} onChange={(event) => choose({ frame: frameFrom(event.target.value) })}>
            <FrameOptions frames={size[3]} />
          </select>
        </label>
      )}
      <EveryField every={every} max={size[axis]} onChange={(n) => choose({ every: n })} />
    </fieldset>
  )
}

/** Takes a number when the user has finished typing it: each one makes the session cut and prepare all images anew. */
function EveryField({ every, max, onChange }: { every: number; max: number; onChange: (every: number) => void }) {
  const [draft, setDraft] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const asked = Number(draft)
  const right = draft === null || (Number.isInteger(asked) && asked >= 1 && asked <= max)
  const take = (text: string) => {
    clearTimeout(timer.current)
    const n = Number(text)
    if (Number.isInteger(n) && n >= 1 && n <= max && n !== every) onChange(n)
  }
  return (
    <label className="field">
      <span>Every n-th slice</span>
      <input
        type="number"
        min={1}
        max={max}
        step={1}
        value={draft ?? String(every)}
        aria-invalid={!right}
        onChange={(event) => {
          const text = event.target.value
          setDraft(text)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => take(text), settled)
        }}
        onKeyDown={(event) => event.key === 'Enter' && take(event.currentTarget.value)}
        onBlur={(event) => {
          take(event.target.value)
          setDraft(null)
        }}
      />
      <span className={right ? 'hint quiet' : 'field-error'}>
        {right ? (every === 1 ? 'all slices are used' : `every ${ordinal(every)} slice is used`) : `a whole number from 1 to ${max}`}
      </span>
    </label>
  )
}
