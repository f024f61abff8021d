/** What a spreadsheet takes for a formula, whatever the file says: the list of OWASP's "CSV injection", with its full-width twins. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const plainNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

/**
 * One cell of a CSV (RFC 4180). Numbers are written as the shortest text that reads back as the same, nothing and NaN as an empty cell. Text that a
 * spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets show as text; text that is a number, also a negative one, does not.
 */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ''
  if (typeof value === 'number') return String(value)
  const safe = formula.test(value) && !plainNumber.test(value) ? `'${value}` : value
  return /[",\r\n]|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Rows as CSV, each with a bare line feed at its end. */
export const csvOf = (rows: readonly (readonly (string | number | null | undefined)[])[]): string =>
  rows.map((row) => row.map(csvCell).join(',') + '\n').join('')
