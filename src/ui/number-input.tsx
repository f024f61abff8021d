import { useEffect, useId, useRef, useState } from 'react'

interface Props {
  /** Shown above the input; without it there is only the input, and `id` ties it to a label elsewhere. */
  label?: string | undefined
  /** The accessible name, where the label says more than that. */
  name?: string | undefined
  id?: string | undefined
  /** The number in use; null leaves the input empty. */
  value: number | null
  min?: number | undefined
  max?: number | undefined
  step?: number | 'any'
  disabled?: boolean | undefined
  title?: string | undefined
  describedBy?: string | undefined
  /** Shown below the input while nothing is wrong. */
  hint?: string | undefined
  /** Why a text cannot be used, or null; by default it has to be a number from min to max, and whole if the step is 1. */
  refuse?: (text: string) => string | null
  /** Milliseconds without a keystroke before a number is taken, where taking it is expensive; Enter and leaving the field take it at once. */
  wait?: number
  onChange: (value: number) => void
}

/**
 * A spin button that keeps what is being typed: a usable number is passed on at once, an unusable text stays in the field with the reason, and
 * on leaving, the field shows again what is in use.
 */
export function NumberInput({ label, name, id, value, min, max, step = 'any', disabled, title, describedBy, hint, ...rest }: Props) {
  const { refuse = (text: string) => outside(text, min, max, step === 1), wait = 0, onChange } = rest
  const [draft, setDraft] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const waiting = useRef<(() => void) | null>(null)
  // A dialog that closes before that loses no number.
  useEffect(() => () => waiting.current?.(), [])
  const noteId = useId()
  const error = draft === null ? null : refuse(draft)

  const take = (text: string) => {
    clearTimeout(timer.current)
    waiting.current = null
    if (refuse(text) === null && Number(text) !== value) onChange(Number(text))
  }
  const type = (text: string) => {
    setDraft(text)
    clearTimeout(timer.current)
    if (wait === 0) return take(text)
    waiting.current = () => take(text)
    timer.current = setTimeout(waiting.current, wait)
  }
  const note = label === undefined ? null : (error ?? hint ?? null)
  const input = (
    <input
      type="number"
      inputMode={step === 1 && min !== undefined && min >= 0 ? 'numeric' : 'decimal'}
      id={id}
      min={min}
      max={max}
      step={step}
      value={draft ?? (value === null ? '' : String(value))}
      disabled={disabled}
      title={label === undefined ? (error ?? title) : title}
      // The note is inside the label but must not become part of the name.
      aria-label={name ?? label}
      aria-invalid={error !== null}
      aria-describedby={[note === null ? null : noteId, describedBy].filter(Boolean).join(' ') || undefined}
      onChange={(event) => type(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && draft !== null && take(draft)}
      onBlur={() => {
        if (draft !== null) take(draft)
        setDraft(null)
      }}
    />
  )
  if (label === undefined) return input
  return (
    <label className="field">
      <span>{label}</span>
      {input}
      {note !== null && (
        <span id={noteId} className={error === null ? 'hint quiet' : 'field-error'}>
          {note}
        </span>
      )}
    </label>
  )
}

/** Why a text is no number from min to max, or no whole one, or null. */
function outside(text: string, min = -Infinity, max = Infinity, whole = false): string | null {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) return 'a number is needed'
  if (whole && !Number.isInteger(number)) return 'a whole number is needed'
  if (number < min) return `at least ${min}`
  return number > max ? `at most ${max}` : null
}
