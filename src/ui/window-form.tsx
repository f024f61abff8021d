import { useId, useMemo, useState } from 'react'
import { setValue } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { parameters } from '../method/config'
import type { OpenedPicture, VolumeNumbers } from '../worker/protocol'
import { trainingWindow } from './source-words'
import { rangeOf, rounded, stepOf, type GreyWindow } from '../image/window'

interface Props {
  /** The image in full; without it there is nothing to show a window on. */
  picture: OpenedPicture | null
  details: VolumeNumbers | undefined
  window: GreyWindow | null
  /** Whether the window is the user's rather than the file's. */
  chosen: boolean
  onChange: (window: GreyWindow | null) => void
}

/** The window that the full image is shown with, and which one training uses. */
export function WindowForm({ picture, details, window, chosen, onChange }: Props) {
  const range = useMemo(() => details ?? (picture ? rangeOf(picture.pixels) : { min: 0, max: 1 }), [details, picture])
  const span = range.max - range.min
  const presets = picture?.presets.filter(({ center, width }) => center !== picture.window.center || width !== picture.window.width) ?? []
  const shown = window ?? { center: 0, width: 1 }
  return (
    <>
      <fieldset className="window-form" disabled={!picture}>
        <legend>Window</legend>
        <WindowField
          label="Centre"
          known={window !== null}
          value={shown.center}
          min={range.min}
          max={range.max}
          onChange={(center) => onChange({ ...shown, center })}
        />
        <WindowField
          label="Width"
          known={window !== null}
          value={shown.width}
          min={0}
          max={span}
          onChange={(width) => onChange({ ...shown, width })}
        />
        <div className="presets">
          <button type="button" className="small" aria-pressed={!chosen} onClick={() => onChange(null)}>
            Automatic
          </button>
          {presets.map(({ name, center, width }) => (
            <button
              type="button"
              className="small"
              key={name}
              title={`Centre ${rounded(center)}, width ${rounded(width)}`}
              aria-pressed={chosen && shown.center === center && shown.width === width}
              onClick={() => onChange({ center, width })}
            >
              {name}
            </button>
          ))}
        </div>
        {!picture && <p className="note">Ask for the full resolution to choose a window.</p>}
      </fieldset>
      <TrainingWindow window={picture && window} />
    </>
  )
}

function TrainingWindow({ window }: { window: GreyWindow | null }) {
  const center = usePage((state) => state.asked.windowCenter)
  const width = usePage((state) => state.asked.windowWidth)
  const can = usePage((state) => allowed(state).configure)
  const usable =
    window !== null &&
    window.width > 0 &&
    window.width <= parameters.windowWidth.max &&
    Math.abs(window.center) <= parameters.windowCenter.max
  const reason = can ? undefined : 'Reset the run before changing its settings.'
  const use = () => {
    if (!window) return
    setValue('windowCenter', rounded(window.center))
    setValue('windowWidth', rounded(window.width))
  }
  return (
    <div className="training-window">
      <p>
        Window in training: <strong>{trainingWindow({ windowCenter: center, windowWidth: width })}</strong>
      </p>
      <button type="button" className="small" disabled={!can || !usable} title={reason} onClick={use}>
        Use this window for training
      </button>
      <button type="button" className="small" disabled={!can || width === 0} title={reason} onClick={() => setValue('windowWidth', 0)}>
        Automatic for training
      </button>
    </div>
  )
}

interface FieldProps {
  label: string
  /** Whether there is a value. */
  known: boolean
  value: number
  min: number
  max: number
  onChange: (value: number) => void
}

/** A number with its slider. Numbers beyond the slider may be typed. */
function WindowField({ label, known, value, min, max, onChange }: FieldProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const id = useId()
  const step = stepOf(max - min)
  const type = (text: string) => {
    setDraft(text)
    const number = Number(text)
    if (text.trim() !== '' && Number.isFinite(number) && (label !== 'Width' || number >= 0)) onChange(number)
  }
  return (
    <div className="window-field">
      <label htmlFor={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, slider`}
        min={min}
        max={Math.max(max, min + step)}
        step={step}
        value={value}
        onChange={(event) => {
          setDraft(null)
          onChange(Number(event.target.value))
        }}
      />
      <input
        type="number"
        id={id}
        step={step}
        value={draft ?? (known ? String(rounded(value)) : '')}
        onChange={(event) => type(event.target.value)}
        onBlur={() => setDraft(null)}
      />
    </div>
  )
}
