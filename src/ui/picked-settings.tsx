import { keys, parameters, takenOf, type Config } from '../method/config'
import { pickFromData, setValues } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { keepFocus } from './keep-focus'

const listOf = (values: Partial<Config>): string =>
  keys
    .filter((key) => values[key] !== undefined)
    .map((key) => `${parameters[key].label} ${values[key]}`)
    .join(', ')

/** Which settings come from the data, or would suit them. */
export function PickedSettings() {
  const suggestion = usePage((state) => state.dataset?.suggestion ?? null)
  const picked = usePage((state) => state.picked)
  const asked = usePage((state) => state.asked)
  const can = usePage((state) => allowed(state).configure)
  if (!suggestion) return null
  const others = takenOf(suggestion.values, asked, (key) => asked[key] === suggestion.values[key])
  const some = Object.keys(picked.values).length > 0
  const missing = Object.keys(others).length > 0
  if (!some && !missing) return null
  return (
    <div className="picked-settings" role="group" aria-label="Settings for these data" ref={keepFocus} tabIndex={-1}>
      {some && (
        <p className="note">
          Picked from the data ({suggestion.what}): {listOf(picked.values)}. To change them, open Settings.
        </p>
      )}
      {some && (
        <button type="button" className="small" disabled={!can} onClick={() => setValues(picked.replaced)}>
          Do without these
        </button>
      )}
      {missing && (
        <p className="note">
          For these data ({suggestion.what}) we would take {listOf(others)}.
        </p>
      )}
      {missing && (
        <button type="button" className="small" disabled={!can} onClick={pickFromData}>
          Take these
        </button>
      )}
    </div>
  )
}
