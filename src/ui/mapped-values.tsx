import { mapLabel } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import type { ClassInfo, MaskValueInfo } from '../worker/protocol'
import { count } from './format'

const none: never[] = []

/** Every value found in the exemplar's mask file, and what it counts as. A value that is not a class of its own can be restored here. */
export function MappedValues() {
  const values = usePage((state) => state.dataset?.values ?? none) as readonly MaskValueInfo[]
  const classes = usePage((state) => state.dataset?.classes ?? none) as readonly ClassInfo[]
  const can = usePage((state) => allowed(state).load)
  const found = values.filter(({ count: pixels }) => pixels > 0)
  if (found.length === 0) return null
  const nameOf = ({ value, name }: MaskValueInfo) => classes.find((info) => info.value === value)?.name ?? name
  return (
    <table className="labels">
      <caption>Values in the mask file</caption>
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col" className="number">
            Pixels
          </th>
          <th scope="col">Counts as</th>
        </tr>
      </thead>
      <tbody>
        {found.map((info) => (
          <tr key={info.value} data-mapped={info.target !== 'own'}>
            <th scope="row" title={info.name ?? undefined}>
              <code>{info.value}</code>
            </th>
            <td className="number">{count(info.count)}</td>
            <td>
              <select
                aria-label={`Value ${info.value} counts as`}
                value={optionOf(info.target)}
                disabled={!can}
                onChange={(event) => mapLabel(info.value, targetOf(event.target.value))}
              >
                {/* The session puts background first. */}
                {info === values[0] ? (
                  <option value="own">background</option>
                ) : (
                  <>
                    <option value="own">own class</option>
                    <option value="background">background</option>
                  </>
                )}
                <option value="unknown">unknown</option>
                {info !== values[0] &&
                  values.slice(1).map((other) => {
                    if (other === info || other.target !== 'own') return null
                    const name = nameOf(other)
                    return (
                      <option value={optionOf(other)} key={other.value}>
                        {name === null ? other.value : `${other.value}, ${name}`}
                      </option>
                    )
                  })}
              </select>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** How mask files were understood, where that needs saying. */
export function MaskNotes() {
  const notes = usePage((state) => state.dataset?.maskNotes ?? none) as readonly string[]
  const ofReferences = usePage((state) => state.dataset?.referenceNotes ?? none) as readonly string[]
  return [...notes, ...ofReferences].map((note) => (
    <p className="note needs" key={note}>
      {note}
    </p>
  ))
}

/** A target as an option's value: a word, or "=" with the value of the mask. */
const optionOf = (target: MaskValueInfo['target']): string => (typeof target === 'string' ? target : `=${target.value}`)

function targetOf(option: string): MaskValueInfo['target'] {
  if (option.startsWith('=')) return { value: option.slice(1) }
  return option === 'background' || option === 'unknown' ? option : 'own'
}
