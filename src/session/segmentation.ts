import type { Volume } from '../data/volume'

/**
 * Each DICOM SEG on the series that it belongs to, in that series' own grid, phases of a cine included; one that belongs to none of
 * them, and everything else, stays as it is.
 * @param volumes as read @param known other volumes that are in place already
 */
export async function placeSegmentations(volumes: readonly Volume[], known: readonly Volume[]): Promise<Volume[]> {
  if (!volumes.some(({ kind }) => kind === 'dicom-seg')) return [...volumes]
  const { labelsOn } = await import('../data/dicom-seg')
  const series = [...volumes, ...known].filter(({ kind }) => kind === 'dicom')
  return Promise.all(
    volumes.map(async (volume) => {
      if (volume.kind !== 'dicom-seg') return volume
      for (const image of series) {
        const placed = await labelsOn(volume, image)
        if (placed.length === 0) continue
        const [columns, rows, slices, frames] = image.size
        const each = columns * rows * slices
        const samples = placed[0]!.labels instanceof Uint16Array ? new Uint16Array(each * frames) : new Uint8Array(each * frames)
        for (const { frame, labels } of placed) samples.set(labels, frame * each)
        return { ...volume, size: image.size, samples, affine: image.affine, spacing: image.spacing }
      }
      return volume
    }),
  )
}
