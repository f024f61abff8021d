import { editClass } from '../store/commands'
import { usePage } from '../store/page-store'
import type { ClassInfo } from '../worker/protocol'
import { ColourInput } from './colour-input'
import { count } from './format'
import { NameField } from './name-field'

export function LabelTable() {
  const classes = usePage((state) => state.dataset?.classes)
  if (!classes || classes.length === 0) return <p className="note">The classes found in the exemplar mask will be listed here.</p>
  return (
    <table className="labels">
      <caption>Classes</caption>
      <thead>
        <tr>
          <th scope="col">Colour</th>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
          <th scope="col" className="number">
            Pixels
          </th>
        </tr>
      </thead>
      <tbody>
        {classes.map((info) => (
          <ClassRow info={info} key={info.index} />
        ))}
      </tbody>
    </table>
  )
}

function ClassRow({ info: { index, name, color, value, pixels } }: { info: ClassInfo }) {
  return (
    <tr>
      <td>
        {index === 0 ? (
          <span className="no-colour" title="Background is not painted." />
        ) : (
          <ColourInput label={`Colour of class ${index}`} color={color} onChoose={(chosen) => editClass(index, { color: chosen })} />
        )}
      </td>
      <td>
        {/* Uncontrolled while the user types; a new answer from the session makes a new field. */}
        <NameField key={name} label={`Name of class ${index}`} name={name} onRename={(chosen) => editClass(index, { name: chosen })} />
      </td>
      <td>
        <code>{value}</code>
      </td>
      <td className="number">{count(pixels)}</td>
    </tr>
  )
}
