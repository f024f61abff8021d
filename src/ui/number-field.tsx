import { useId, useState } from 'react'
import { ConfigError, parameters, parseValue, type Key, type NumberParameter } from '../method/config'
import { setValue } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'

type NumberKey = { [K in Key]: (typeof parameters)[K] extends { kind: 'number' } ? K : never }[Key]

/** A spin button for one row of the table. What cannot be used stays in the field with the reason, and is not asked for. */
export function NumberField({ name, describedBy }: { name: NumberKey; describedBy?: string | undefined }) {
  const asked = usePage((state) => state.asked[name])
  const can = usePage((state) => allowed(state).configure)
  const [draft, setDraft] = useState<{ text: string; error: string | null } | null>(null)
  const errorId = useId()
  const parameter: NumberParameter = parameters[name]
  const error = draft?.error ?? null

  const type = (text: string) => {
    try {
      setValue(name, parseValue(name, text))
      setDraft({ text, error: null })
    } catch (problem) {
      if (!(problem instanceof ConfigError)) throw problem
      setDraft({ text, error: problem.message })
    }
  }
  const described = [error !== null ? errorId : null, describedBy].filter(Boolean).join(' ')
  return (
    <label className="field">
      <span>{parameter.label}</span>
      <input
        type="number"
        inputMode="decimal"
        min={parameter.min}
        max={parameter.max}
        step={parameter.step}
        value={draft?.text ?? String(asked)}
        disabled={!can}
        title={can ? parameter.hint : 'Reset the run before changing its settings.'}
        aria-invalid={error !== null}
        aria-describedby={described || undefined}
        onChange={(event) => type(event.target.value)}
        onBlur={() => setDraft(null)}
      />
      {error !== null && (
        <span className="field-error" id={errorId}>
          {error}
        </span>
      )}
    </label>
  )
}
