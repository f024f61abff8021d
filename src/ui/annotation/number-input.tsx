import { useState } from 'react'

interface Props {
  label: string
  value: number
  min?: number
  max?: number
  step?: number | 'any'
  disabled?: boolean
  onChange: (value: number) => void
}

/** A spin button that hands on every number within its range, and shows what is used once one leaves it. */
export function NumberInput({ label, value, min = -Infinity, max = Infinity, step = 'any', disabled = false, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null)
  const type = (text: string) => {
    setDraft(text)
    const number = Number(text)
    if (text.trim() !== '' && number >= min && number <= max) onChange(number)
  }
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="number"
        inputMode="decimal"
        {...(Number.isFinite(min) ? { min } : {})}
        {...(Number.isFinite(max) ? { max } : {})}
        step={step}
        value={draft ?? String(value)}
        disabled={disabled}
        onChange={(event) => type(event.target.value)}
        onBlur={() => setDraft(null)}
      />
    </label>
  )
}
