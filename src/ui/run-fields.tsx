import { NumberField } from './number-field'
import { PresetField } from './preset-field'
import { TrainOn } from './train-on'

/** The settings that most people change. */
export function RunFields() {
  return (
    <div className="run-fields">
      <PresetField />
      <NumberField name="steps" />
      <NumberField name="seed" />
      <TrainOn />
    </div>
  )
}
