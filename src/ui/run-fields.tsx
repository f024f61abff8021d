import { NumberField } from './number-field'
import { PresetField } from './preset-field'

/** The settings that most people change. */
export function RunFields() {
  return (
    <div className="run-fields">
      <PresetField />
      <NumberField name="steps" />
      <NumberField name="seed" />
    </div>
  )
}
