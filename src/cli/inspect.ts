/** npm run inspect: what each file, or each file in a folder, is understood as. */
import { assignRoles } from '../data/dropped-files'
import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { fromOneHot } from '../data/one-hot'
import { modalitiesOf } from '../data/pairs'
import { readFiles } from '../data/read-files'
import { isOfStructureSet, orientationOf, saidSpacing, type Volume } from '../data/volume'
import { summariseVolume, type LabelCount } from '../data/volume-summary'
import { placeSegmentations } from '../session/given-files'
import './pipelines'
import { runCommand, UsageError } from './arguments'
import { inspect as command } from './commands'
import { filesAt } from './given-path'
import { typed } from './packaged'

/** Maps of 0 and 1 as the classes that they are as a mask, where they can be nothing else. */
function asMask(volume: Volume): Volume {
  try {
    const mask = fromOneHot(volume, null)
    return mask ? { ...mask.volume, notes: [...volume.notes, ...mask.notes] } : volume
  } catch (error) {
    if (error instanceof InputError) return volume
    throw error
  }
}

/** Numbers after rescaling, over the whole volume. */
function describe(read: Volume) {
  const volume = asMask(read)
  const [width, height, slices, frames] = volume.size
  const channels = volume.frameMeans === 'channel' ? frames : volume.channels
  return {
    file: volume.name,
    kind: volume.kind,
    width,
    height,
    slices,
    frames: volume.frameMeans === 'channel' ? 1 : frames,
    channels,
    /** How many files it was put together from. */
    files: volume.origin.format === 'dicom' ? volume.origin.files.length : 1,
    spacing: saidSpacing(volume),
    orientation: volume.affine && orientationOf(volume.affine),
    ...summariseVolume(volume),
    modality: volume.modality,
    notes: volume.notes,
  }
}

type Description = ReturnType<typeof describe> | { file: string; error: string }

/** The volumes at paths, and what could not be read. */
async function read(paths: readonly string[]) {
  const files: GivenFile[] = []
  const problems: InputError[] = []
  for (const path of paths)
    try {
      files.push(...(await filesAt(path)))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
    }
  const { volumes, problems: unread } = await readFiles(files)
  // Contours are nothing to look at without the slices that they are on.
  const placed = volumes.some(isOfStructureSet) ? await placeSegmentations(volumes, []) : volumes
  return { files, volumes: placed, problems: [...problems, ...unread] }
}

async function inspect(paths: readonly string[]): Promise<Description[]> {
  const { files, volumes, problems } = await read(paths)
  const found = [
    ...volumes.map((volume) => {
      const { origin } = volume
      return { first: origin.format === 'dicom' ? origin.files[0]!.name : volume.name, says: describe(volume) as Description }
    }),
    ...problems.map(({ file, message }) => ({ first: file, says: { file, error: message } as Description })),
  ]
  // In the order in which they were asked for.
  const order = [...files.map(({ name }) => name), ...paths]
  const place = ({ first }: { first: string }) => order.findIndex((name) => first === name || first.startsWith(`${name}/`))
  return found.sort((a, b) => place(a) - place(b)).map(({ says }) => says)
}

const number = (value: number): string => (Number.isNaN(value) ? 'n/a' : String(Number(value.toPrecision(6))))

const labelText = ({ value, count, name, color }: LabelCount) =>
  `${value}: ${count.toLocaleString('en-US')}${name ? ` ${name}` : ''}${color ? ` ${color}` : ''}`

function spacingText(spacing: readonly (number | null)[], slices: number): string {
  const said = spacing.filter((one) => one !== null)
  return `${said.map(number).join(' x ')} mm${slices > 1 && said.length < 3 ? ', between slices not said' : ''}`
}

function asText(one: Description): string {
  if ('error' in one) return `${one.file}\n  not read     ${one.error}\n`
  const { width, height, slices, frames, channels, files, spacing, orientation, min, max, mean, labels, notes } = one
  const lines = [
    ['kind', one.kind + (one.modality ? `, ${one.modality}` : '') + (files > 1 ? `, ${files} files` : '')],
    ['size', `${width} x ${height}${slices > 1 ? ` x ${slices} slices` : ''}${frames > 1 ? ` x ${frames} frames` : ''}`],
    ['channels', channels > 1 ? String(channels) : ''],
    ['spacing', spacing ? spacingText(spacing, slices) : 'not said'],
    ['orientation', orientation ?? 'not said'],
    ['values', `${number(min)} to ${number(max)}, mean ${number(mean)}`],
    ['labels', labels?.map(labelText).join(', ') ?? ''],
    ...notes.map((note) => ['note', note]),
  ]
  return `${one.file}\n${lines.map(([title, text]) => (text ? `  ${title!.padEnd(11)}  ${text}\n` : '')).join('')}`
}

/** Names of the classes of a label map by their values. */
const classesOf = ({ segments }: Volume): Record<string, string> => Object.fromEntries(segments.map(({ value, name }) => [value, name]))

/** Which mask goes with which image, as a drop of all of them is sorted, and which masks are left over. */
async function inspectPairs(paths: readonly string[], wanted: string | undefined) {
  const { volumes, problems } = await read(paths)
  const placed = await placeSegmentations(volumes, [])
  const { sorted, pairing, several } = assignRoles(placed, wanted?.toLowerCase())
  const modalities = modalitiesOf(several)
  if (wanted !== undefined && !modalities.includes(wanted.toLowerCase()))
    throw new UsageError(
      modalities.length > 0
        ? `--modality is "${wanted}", but must be one of ${modalities.join(', ')}.`
        : '--modality is given, but no case has images of several modalities: leave it out.',
    )
  const exemplar = sorted.find(({ role }) => role === 'exemplar-mask')?.volume
  const pairs = pairing.pairs.map(({ image, mask, why }) => ({
    image: image.name,
    mask: mask.name,
    role: mask === exemplar ? ('exemplar' as const) : ('reference' as const),
    why,
    ...(mask.merged && { masks: mask.merged.from, classes: classesOf(mask), overlap: mask.merged.overlap }),
  }))
  const unpaired = pairing.unpaired.map(({ mask, why, candidates, because }) => ({
    file: mask.name,
    why,
    candidates: candidates.map(({ name }) => name),
    ...(because !== undefined && { because }),
  }))
  return { pairs, unpaired, modalities, unread: problems, none: volumes.length === 0 }
}

const entriesText = (classes: Record<string, string>) =>
  Object.entries(classes)
    .map(([value, name]) => `${value} ${name}`)
    .join(', ')

function pairsAsText({ pairs, unpaired, modalities }: Awaited<ReturnType<typeof inspectPairs>>): string {
  const line = (title: string, text: string) => `  ${title.padEnd(11)}  ${text}\n`
  const rows = pairs.map(
    ({ image, mask, role, why, masks = [mask], classes, overlap }) =>
      `${image}\n${masks.map((own, i) => line(i === 0 ? role : '', own)).join('')}${line('why', why)}` +
      (classes ? line('classes', entriesText(classes)) : '') +
      (overlap
        ? line('overlap', `${overlap.toLocaleString('en-US')} ${overlap === 1 ? 'place' : 'places'}, where the smaller one counts`)
        : ''),
  )
  const left = unpaired.map(
    ({ file, why, candidates, because }) =>
      `${file}\n${line('unpaired', because ? `${why}: ${because}` : why)}${candidates.length > 0 ? line('could be of', candidates.join(', ')) : ''}`,
  )
  if (modalities.length > 0) left.push(`Cases have images of several modalities, of which --modality takes one: ${modalities.join(', ')}\n`)
  return rows.length + left.length > 0 ? [...rows, ...left].join('\n') : 'There are no masks among these files.\n'
}

await runCommand(command, async ({ json, pairs, modality }, paths) => {
  if (paths.length === 0) throw new UsageError(`Which files? Give files or folders, as in ${typed('inspect')} scan.nii.gz.`)
  if (pairs) {
    const found = await inspectPairs(paths, modality)
    const rest = { unpaired: found.unpaired, ...(found.modalities.length > 0 && { modalities: found.modalities }) }
    process.stdout.write(json ? JSON.stringify([...found.pairs, rest], null, 2) + '\n' : pairsAsText(found))
    for (const { message } of found.unread) console.error(message)
    if (found.none) process.exitCode = 1
    return
  }
  const found = await inspect(paths)
  process.stdout.write(json ? JSON.stringify(found, null, 2) + '\n' : found.map(asText).join('\n'))
  if (found.every((one) => 'error' in one)) process.exitCode = 1
})
