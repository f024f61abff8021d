import { useEffect, useRef } from 'react'

interface Props {
  label: string
  /** #rrggbb */
  color: string
  onChoose: (color: string) => void
}

/** React's onChange follows every move in the picker; the browser's own `change` comes once, when the choice is made. */
export function ColourInput({ label, color, onChoose }: Props) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const element = input.current!
    const choose = () => onChoose(element.value)
    element.addEventListener('change', choose)
    return () => element.removeEventListener('change', choose)
  }, [onChoose])
  // Uncontrolled, so that the picker keeps what is being chosen; a colour that comes from elsewhere, by undo for one, is shown from here.
  useEffect(() => {
    input.current!.value = color
  }, [color])
  return <input ref={input} type="color" aria-label={label} defaultValue={color} />
}
