import type { Volume } from '../data/volume'
import { digestOfVolume } from './dataset'

/** Path of the folder that a series lies in, as far as it was given with its folders. */
const folderOf = ({ origin }: Volume): string => (origin.format === 'dicom' ? origin.files[0]!.name.split('/').slice(0, -1).join('/') : '')

/** Whether two series that are called the same are two: of other patients or in other folders, and not of the same pixels. */
const areTwo = (a: Volume, b: Volume): boolean =>
  a.kind === 'dicom' &&
  b.kind === 'dicom' &&
  (a.patient !== b.patient || folderOf(a) !== folderOf(b)) &&
  digestOfVolume(a) !== digestOfVolume(b)

/**
 * The same volumes under names that tell them from those which are there. A series is called by its own folder, which is "DICOM" on every
 * second disc: without a number a second patient's would take the place of the first one's, as a file does that is given again.
 */
export function namedApart(volumes: readonly Volume[], there: readonly Volume[]): Volume[] {
  const known = [...there]
  return volumes.map((volume) => {
    let own = volume
    for (let n = 2; known.some((other) => other.name === own.name && areTwo(own, other)); n++)
      own = { ...volume, name: `${volume.name} (${n})` }
    known.push(own)
    return own
  })
}
