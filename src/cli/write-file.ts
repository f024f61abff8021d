import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from './arguments'

/** Writes a file that an option names, and the folders that it lies in. @throws UsageError if it cannot be written */
export function writeFile(file: string, content: string | Uint8Array, option: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  } catch (error) {
    throw new UsageError(`"${file}" (${option}) cannot be written (${(error as NodeJS.ErrnoException).code}).`)
  }
}
