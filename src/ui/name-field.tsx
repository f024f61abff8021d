import { longestName } from '../drawing/drawing'

interface Props {
  label: string
  name: string
  /** With another name, trimmed and not empty. */
  onRename: (name: string) => void
  /** When Enter ends the typing. */
  onEnter?: () => void
}

/** The name of a class, taken when the field loses the focus. An empty one is no name: the former one comes back. */
export function NameField({ label, name, onRename, onEnter }: Props) {
  return (
    <input
      type="text"
      aria-label={label}
      defaultValue={name}
      maxLength={longestName}
      onBlur={({ target }) => {
        const text = target.value.trim()
        if (text !== '' && text !== name) onRename(text)
        else target.value = name
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return
        event.currentTarget.blur()
        onEnter?.()
      }}
    />
  )
}
