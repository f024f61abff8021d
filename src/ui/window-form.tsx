import { useId, useMemo } from 'react'
import { setValue } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { parameters } from '../method/config'
import type { OpenedPicture, VolumeNumbers } from '../worker/protocol'
import { rangeOf, type GreyWindow } from '../image/window'
import { roundStep, tidy } from '../lib/round-numbers'
import { NumberInput } from './number-input'
import { trainingWindow } from './source-words'

interface Props {
  /** The full image; without it there is nothing to apply a window to. */
  picture: OpenedPicture | null
  details: VolumeNumbers | undefined
  window: GreyWindow | null
  /** Whether the window is the user's rather than the file's. */
  chosen: boolean
  onChange: (window: GreyWindow | null) => void
}

/** The window that the full image is shown with, and the one that training uses. */
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
          value={window && window.center}
          min={range.min}
          max={range.max}
          onChange={(center) => onChange({ ...shown, center })}
        />
        <WindowField
          label="Width"
          value={window && window.width}
          least={0}
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
              title={`Centre ${tidy(center)}, width ${tidy(width)}`}
              aria-pressed={chosen && shown.center === center && shown.width === width}
              onClick={() => onChange({ center, width })}
            >
              {name}
            </button>
          ))}
        </div>
        {!picture && <p className="note">Switch to full resolution to choose a window.</p>}
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
  const changeable = can && width !== 0
  const reason = can ? undefined : 'Reset the run before changing its settings.'
  const use = () => {
    if (!window) return
    setValue('windowCenter', tidy(window.center))
    setValue('windowWidth', tidy(window.width))
  }
  return (
    <div className="training-window">
      <p>
        Window in training: <strong>{trainingWindow({ windowCenter: center, windowWidth: width })}</strong>
      </p>
      <button type="button" className="small" disabled={!can || !usable} title={reason} onClick={use}>
        Use this window for training
      </button>
      <button
        type="button"
        className="small"
        // It would lose the focus if it disabled itself.
        aria-disabled={!changeable}
        title={reason}
        onClick={() => changeable && setValue('windowWidth', 0)}
      >
        Automatic for training
      </button>
    </div>
  )
}

interface FieldProps {
  label: string
  /** Null while there is none. */
  value: number | null
  /** Ends of the slider. */
  min: number
  max: number
  /** The least that may be typed. */
  least?: number
  onChange: (value: number) => void
}

/** A number with its slider. Numbers beyond the slider may be typed. */
function WindowField({ label, least, value, min, max, onChange }: FieldProps) {
  const id = useId()
  const step = roundStep((max - min) / 1000 || 1)
  return (
    <div className="window-field">
      <label htmlFor={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, slider`}
        min={min}
        max={Math.max(max, min + step)}
        step={step}
        value={value ?? min}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <NumberInput id={id} value={value === null ? null : tidy(value)} min={least} step={step} onChange={onChange} />
    </div>
  )
}
