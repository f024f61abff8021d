import { unzipSync, type UnzipFileInfo } from 'fflate'
import { fromBytes, type GivenFile } from './given-file'
import { byteText, maxArchiveBytes } from './image-size'
import { InputError } from './input-error'

export const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))

/** How many bytes may still be unpacked, of all zips together, so that zips in zips do not add up. */
export interface Budget {
  left: number
}
export const makeBudget = (): Budget => ({ left: maxArchiveBytes })

/** Unpacked bytes that are made at once; each time the whole list of a zip is gone through again. */
const batchBytes = 2 ** 25

/** Entries of its list that are looked at to find the damaged files of a zip, about 10 seconds' worth; the list is gone through for each try. */
const maxVisits = 2e7

/** Bytes of an entry in the list at least, by which a lying number of entries is known. */
const entryBytes = 46

/** Deflate's best is a little over a thousand to one; who promises more lies. */
const maxRatio = 1040

/** What operating systems and discs put beside one's files. */
const junk = /(^|\/)(__MACOSX\/.*|\.DS_Store|Thumbs\.db|desktop\.ini|DICOMDIR|\._[^/]*|\.Spotlight-V100\/.*|\.Trashes\/.*)$/i

export const isJunk = (name: string): boolean => junk.test(name.replaceAll('\\', '/'))

/**
 * The files in a zip, unpacked, without folders and junk; names are the paths inside. What cannot be unpacked is among the problems.
 * @throws InputError if the archive as a whole cannot be read, or would need more than is left of the budget
 */
export async function readZip(file: GivenFile, budget: Budget): Promise<{ files: GivenFile[]; problems: InputError[] }> {
  const { name } = file
  if (file.size > maxArchiveBytes) throw tooLarge(name, file.size)
  const bytes = await file.read()
  const listed = listOf(bytes, name)
  const entries = listed.filter((entry) => !entry.name.endsWith('/') && !isJunk(entry.name))
  const total = entries.reduce((sum, entry) => sum + entry.originalSize, 0)
  if (total > budget.left) throw tooLarge(name, total)
  budget.left -= total

  const files: GivenFile[] = []
  const problems: InputError[] = []
  let unpacked: Record<string, Uint8Array<ArrayBuffer>> = {}
  let visits = 0
  // One that is damaged fails all of its batch, so halves of it are tried then.
  const tryUnpack = (batch: readonly Entry[]): void => {
    visits += listed.length
    const content = unpack(bytes, batch)
    if (content) Object.assign(unpacked, content)
    else if (batch.length > 1 && visits < maxVisits) {
      tryUnpack(batch.slice(0, batch.length >> 1))
      tryUnpack(batch.slice(batch.length >> 1))
    }
  }
  for (let from = 0; from < entries.length;) {
    let to = from + 1
    for (let sum = entries[from]!.originalSize; to < entries.length && (sum += entries[to]!.originalSize) < batchBytes; to++);
    const batch = entries.slice(from, to)
    tryUnpack(batch)
    for (const entry of batch) {
      const content = unpacked[entry.name]
      const inner = entry.name.replaceAll('\\', '/')
      if (content?.length === entry.originalSize) files.push(fromBytes(inner, content))
      else
        problems.push(
          new InputError(
            `"${inner}" in "${name}" is damaged, encrypted or packed in an unusual way; unpack the zip and give its files.`,
            inner,
          ),
        )
    }
    unpacked = {}
    from = to
  }
  return { files, problems }
}

const tooLarge = (name: string, size: number) =>
  new InputError(
    `"${name}" holds ${byteText(size)}, over the limit of ${byteText(maxArchiveBytes)}; unpack it and give only the files that are needed.`,
    name,
  )

type Entry = UnzipFileInfo & { index: number }

function listOf(bytes: Uint8Array, name: string): Entry[] {
  const entries: Entry[] = []
  try {
    unzipSync(bytes, {
      filter: (entry) => {
        // Beyond its end, the list has entries without a name.
        if (entry.name === '' || entries.length * entryBytes > bytes.length) throw new Error('There is no such file.')
        entries.push({ ...entry, index: entries.length })
        return false
      },
    })
  } catch {
    throw new InputError(`"${name}" is a zip that is damaged or cut short; copy or save it again.`, name)
  }
  return entries
}

function unpack(bytes: Uint8Array, wanted: readonly Entry[]): Record<string, Uint8Array<ArrayBuffer>> | null {
  const numbers = new Set(wanted.filter((entry) => entry.originalSize <= (entry.size + 100) * maxRatio).map((entry) => entry.index))
  let index = 0
  try {
    return unzipSync(bytes, { filter: () => numbers.has(index++) }) as Record<string, Uint8Array<ArrayBuffer>>
  } catch {
    return null
  }
}

/** Whether a file is a run that was exported here: a zip whose config.json says so. */
export async function isRunArchive(file: GivenFile): Promise<boolean> {
  if (!isZip(await file.read(0, 4)) || file.size > maxArchiveBytes) return false
  try {
    const bytes = await file.read()
    const config = listOf(bytes, file.name).find(({ name, originalSize }) => name === 'config.json' && originalSize < 2 ** 20)
    const content = config && unpack(bytes, [config])?.['config.json']
    if (!content) return false
    return (JSON.parse(new TextDecoder().decode(content)) as { format?: unknown } | null)?.format === 'exemplar-lab-run'
  } catch {
    // No zip, or somebody else's config.json.
    return false
  }
}
