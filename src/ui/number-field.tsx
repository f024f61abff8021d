import { ConfigError, parameters, parseValue, type Key, type NumberParameter } from '../method/config'
import { setValue } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { NumberInput } from './number-input'

export type NumberKey = { [K in Key]: (typeof parameters)[K] extends { kind: 'number' } ? K : never }[Key]

/** Why a text is no value of the setting, or null. */
function refusal(name: NumberKey, text: string): string | null {
  try {
    parseValue(name, text)
    return null
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem
    return problem.message
  }
}

/** The spin button of one row of the table of settings. */
export function NumberField({ name, describedBy }: { name: NumberKey; describedBy?: string }) {
  const asked = usePage((state) => state.asked[name])
  const can = usePage((state) => allowed(state).configure)
  const { label, min, max, step, hint }: NumberParameter = parameters[name]
  return (
    <NumberInput
      label={label}
      value={asked}
      min={min}
      max={max}
      step={step}
      disabled={!can}
      title={can ? hint : 'Reset the run before changing its settings.'}
      describedBy={describedBy}
      refuse={(text) => refusal(name, text)}
      onChange={(value) => setValue(name, value)}
    />
  )
}
