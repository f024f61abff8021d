import { useState, type ReactNode } from 'react'

interface Props {
  /** Of the figure whose numbers these are. */
  name: string
  head: readonly string[]
  /** Its rows, which may be few or none while it is closed. */
  rows: (open: boolean) => ReactNode
}

/** The numbers of a figure as a table, closed at first. */
export function DataTable({ name, head, rows }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <details className="data-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Data table</summary>
      {/* It scrolls, so a keyboard has to reach it. */}
      <div className="scroll" tabIndex={0} role="group" aria-label={`${name}, rows`}>
        <table>
          <thead>
            <tr>
              {head.map((column, i) => (
                <th scope="col" key={i}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{rows(open)}</tbody>
        </table>
      </div>
    </details>
  )
}
