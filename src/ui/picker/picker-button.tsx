import { flushSync } from 'react-dom'
import { closePicker, openPicker } from '../../store/commands'
import { usePage } from '../../store/page-store'
import { wantsMask } from '../../store/state'
import { count } from '../format'

/** Shows or hides all images; without a mask they are shown anyway. */
export function PickerButton() {
  const images = usePage((state) => state.dataset?.unlabeled.length ?? 0)
  const wanted = usePage(wantsMask)
  const open = usePage((state) => state.picking)
  if (images === 0 || wanted) return null
  const toggle = () => {
    if (open) return closePicker()
    flushSync(openPicker)
    document.getElementById('picker')?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <button type="button" id="picker-button" aria-expanded={open} onClick={toggle}>
      {open ? 'Hide the images' : `Choose another exemplar among ${count(images)} images`}
    </button>
  )
}
