import type { GreyWindow } from '../../image/window'
import { tidy } from '../../lib/round-numbers'
import { NumberInput } from '../number-input'

interface WindowProps {
  window: GreyWindow
  /** Windows that have names, the image's own first. */
  named: readonly { name: string }[]
  /** Which of them it is; -1 for none. */
  chosen: number
  disabled?: boolean
  onChoose: (which: number) => void
  onChange: (window: GreyWindow) => void
}

/** The window of an image by its name and by its numbers. */
export function WindowFields({ window: { center, width }, named, chosen, disabled, onChoose, onChange }: WindowProps) {
  return (
    <>
      <label className="field">
        <span>Window</span>
        <select value={chosen} disabled={disabled} onChange={(event) => onChoose(Number(event.target.value))}>
          {chosen < 0 && <option value={-1}>By hand</option>}
          {named.map(({ name }, k) => (
            <option key={k} value={k}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div className="desk-row">
        <NumberInput
          label="Window centre"
          value={tidy(center)}
          disabled={disabled}
          onChange={(value) => onChange({ center: value, width })}
        />
        <NumberInput
          label="Window width"
          value={tidy(width)}
          min={0}
          disabled={disabled}
          onChange={(value) => onChange({ center, width: value })}
        />
      </div>
    </>
  )
}

interface OpacityProps {
  /** 0..1 */
  value: number
  disabled?: boolean
  shortcuts?: string
  onChange: (value: number) => void
}

/** How much of the image the labels over it hide. */
export function OpacityField({ value, disabled, shortcuts, onChange }: OpacityProps) {
  const percent = Math.round(value * 100)
  return (
    <label className="desk-slider">
      <span>Opacity</span>
      <input
        type="range"
        min={0}
        max={100}
        value={percent}
        disabled={disabled}
        aria-keyshortcuts={shortcuts}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
      />
      <span>{percent} %</span>
    </label>
  )
}
