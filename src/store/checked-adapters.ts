/** Adapters that have been found to compute rightly, remembered by the browser for each version of this app and of the browser. */
import { version } from '../lib/version'

const place = 'exemplar-lab-checked-adapters'

/** More than the adapters of a machine; older ones are checked again. */
const kept = 8

const nameOf = (adapter: string): string => `${version} | ${adapter} | ${navigator.userAgent}`

function known(): string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  } catch {
    // Access refused, or not ours: it is checked again.
    return []
  }
}

export const isChecked = (adapter: string): boolean => known().includes(nameOf(adapter))

export function rememberChecked(adapter: string): void {
  const others = known().filter((name) => name !== nameOf(adapter))
  try {
    localStorage.setItem(place, JSON.stringify([...others, nameOf(adapter)].slice(-kept)))
  } catch {
    // Checked again next time.
  }
}
