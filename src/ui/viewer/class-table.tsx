import type { ReactNode } from 'react'
import type { ClassInfo } from '../../worker/protocol'

interface Props {
  caption: ReactNode
  classes: readonly ClassInfo[]
  columns: readonly { key: string; head: string; of: (index: number) => string }[]
}

/** Numbers of each foreground class. */
export const ClassTable = ({ caption, classes, columns }: Props) => (
  <table className="viewer-measures">
    <caption>{caption}</caption>
    <thead>
      <tr>
        <th scope="col">Class</th>
        {columns.map(({ key, head }) => (
          <th scope="col" className="number" key={key}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {classes.slice(1).map(({ index, name, color }) => (
        <tr key={index}>
          <th scope="row">
            <span className="swatch" style={{ background: color }} />
            {name}
          </th>
          {columns.map(({ key, of }) => (
            <td className="number" key={key}>
              {of(index)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
)
