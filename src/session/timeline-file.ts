/** `timeline.zip`: what was kept of a run's looks, with what is needed to show it where its images are not. */
import { strFromU8 } from 'fflate'
import { fromBytes } from '../data/given-file'
import { InputError } from '../data/input-error'
import { listZip } from '../data/zip-file'
import { json, zip } from '../export/archive'
import { isPictureId, labelsIn, copyOf, unpackedSize, viewsIn, type Snapshot } from '../timeline/snapshot'
import { memoryBudget, type Recording } from '../timeline/timeline'
import { finite, listOf, record, text, whole, type Shape } from '../lib/shape'
import type { Dataset } from './dataset'
import type { Trainer } from './trainer'
import { toBytes } from './preparation'

const format = 'exemplar-lab-timeline-1'
const index = 'timeline.json'

/** What was kept of a run's looks. @param dataset its data set as it is written: it says what images are called */
export function recordingOf({ timeline, config: { size }, prepared }: Trainer, dataset: Dataset): Recording {
  const ids = new Set(timeline.flatMap(({ images }) => images))
  const pictures = dataset.unlabeled.flatMap(({ id, name }, i) =>
    ids.has(id) ? [{ id, name, grey: toBytes(prepared.unlabeled[i]!) }] : [],
  )
  return { size, classes: dataset.classes.map(({ name, color }) => ({ name, color })), pictures, snapshots: timeline }
}

/** The same with arrays of its own. */
export const copyOfRecording = (recording: Recording): Recording => ({
  ...recording,
  pictures: recording.pictures.map((picture) => ({ ...picture, grey: picture.grey.slice() })),
  snapshots: recording.snapshots.map(copyOf),
})

const viewsName = ({ step }: Pick<Snapshot, 'step'>) => `step-${step}-views.safetensors.gz`
const labelsName = ({ step }: Pick<Snapshot, 'step'>) => `step-${step}-labels.safetensors.gz`
const greyName = (n: number) => `image-${n}.u8`

/** The bytes of a `timeline.zip`. */
export function writeTimeline({ size, classes, pictures, snapshots }: Recording): Uint8Array<ArrayBuffer> {
  return zip({
    [index]: json({
      format,
      size,
      classes,
      images: pictures.map(({ id, name }) => ({ id, name })),
      snapshots: snapshots.map(({ step, hash, change, images }) => ({ step, hash, change, images })),
    }),
    ...Object.fromEntries(pictures.map(({ grey }, n) => [greyName(n), grey])),
    ...Object.fromEntries(
      snapshots.flatMap((one) => [
        [viewsName(one), one.views],
        [labelsName(one), one.labels],
      ]),
    ),
  })
}

/** What a timeline may take at most: as it is, and all of its snapshots unpacked one after another. */
export const mostTimelineBytes = 2 * memoryBudget
const mostUnpacked = 1_500_000_000
const mostSnapshots = 10_000
const mostJsonBytes = 4_000_000
/** As for the setting. */
const mostSize = 1024

const isId: Shape<Recording['pictures'][number]['id']> = isPictureId

const isIndex = record({
  format: (value): value is typeof format => value === format,
  size: whole(16, mostSize),
  classes: listOf(record({ name: text, color: (value): value is string => text(value) && /^#[0-9a-f]{6}$/i.test(value) })),
  images: listOf(record({ id: isId, name: text })),
  snapshots: listOf(record({ step: whole(0), hash: text, change: finite, images: listOf(isId) })),
})

/**
 * Reads what `writeTimeline` wrote, and every picture in it once: what is given back can be shown.
 * @param file the name of the run that it is of @throws InputError, one sentence, for anything else
 */
export async function readTimeline(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<Recording> {
  try {
    const entries = new Map((await listZip(fromBytes('timeline.zip', bytes))).map((entry) => [entry.name, entry]))
    let left = mostTimelineBytes
    const read = async (name: string, most = left) => {
      const entry = entries.get(name)
      if (!entry || entry.size > Math.min(most, left)) throw new Error(`${name} is missing or too large`)
      left -= entry.size
      return entry.read()
    }
    const about: unknown = JSON.parse(strFromU8(await read(index, mostJsonBytes)))
    if (!isIndex(about) || about.snapshots.length === 0 || about.snapshots.length > mostSnapshots) throw new Error('it is of another form')
    const { size, classes, images } = about
    const pictures: Recording['pictures'] = []
    for (const [n, { id, name }] of images.entries()) {
      const grey = await read(greyName(n), size * size)
      if (grey.length !== size * size) throw new Error(`${greyName(n)} is no picture`)
      pictures.push({ id, name, grey })
    }
    const snapshots: Snapshot[] = []
    let unpacked = 0
    for (const one of about.snapshots) {
      if (one.step <= (snapshots.at(-1)?.step ?? -1)) throw new Error('its steps are out of order')
      const snapshot = { ...one, views: await read(viewsName(one)), labels: await read(labelsName(one)) }
      unpacked += unpackedSize(snapshot.views) + unpackedSize(snapshot.labels)
      if (unpacked > mostUnpacked) throw new Error('it is too large')
      viewsIn(snapshot, size, () => '')
      labelsIn(snapshot, size)
      snapshots.push(snapshot)
    }
    return { size, classes, pictures, snapshots }
  } catch (error) {
    // The details would help nobody.
    if (!(error instanceof Error)) throw error
    throw damagedTimeline(file)
  }
}

export const damagedTimeline = (file: string): InputError =>
  new InputError(`The timeline.zip in "${file}" is damaged, so the pictures of its steps cannot be shown; export the run again.`, file)
