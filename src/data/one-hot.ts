import { InputError } from './input-error'
import type { Volume } from './volume'

/** How the maps of a mask lie in its samples. */
interface Layout {
  maps: number
  size: Volume['size']
  /** Index of voxel `voxel` of map `map`. */
  at: (map: number, voxel: number) => number
  /** Whether only maps can be laid out like this; else the image may have the same axis. */
  certain: boolean
}

/**
 * A mask with a map of 0 and 1 (or 255) for each class, as one label map: a 4-D volume, or an array (C, H, W) or (H, W, C).
 * If every voxel is in exactly one map, the first is background; else background is what is in none.
 * @param image the mask's image, since three slices of a stack may look like three maps; null if not known yet, and then only what
 * can be nothing else is read as maps
 * @returns null if the mask is not of this kind
 * @throws InputError if maps overlap
 */
export function fromOneHot(volume: Volume, image: Volume | null): { volume: Volume; notes: string[] } | null {
  const layout = layoutOf(volume, image)
  const top = layout && topOf(volume)
  // In interleaved colours 255 is pure red, green or blue.
  if (!layout || top === null || (layout.certain && top === 255)) return null
  const { maps, size, at } = layout
  const { samples, name } = volume
  const labels = new Uint8Array(size[0] * size[1] * size[2] * size[3])
  let [none, overlapping, full] = [0, 0, 0]
  for (let voxel = 0; voxel < labels.length; voxel++) {
    let set = 0
    for (let map = 0; map < maps; map++)
      if (samples[at(map, voxel)] === top) {
        set++
        labels[voxel] = map + 1
      }
    if (set === 0) none++
    if (set > 1) overlapping++
    if (set === maps) full++
  }
  // Grey that was saved as a colour.
  const equal = layout.certain && full > 0 && none + full === labels.length
  if (equal) for (let voxel = 0; voxel < labels.length; voxel++) labels[voxel] = Math.min(labels[voxel]!, 1)
  else if (none > 0 || overlapping > 0) {
    if (!image && !layout.certain) return null
    if (overlapping > 0)
      throw new InputError(
        `"${name}" holds ${maps} maps of 0 and ${top} that overlap in ${overlapping.toLocaleString('en-US')} places, but each place has one class; save one number for each place.`,
        name,
      )
  } else for (let voxel = 0; voxel < labels.length; voxel++) labels[voxel]!--
  const note = equal
    ? `The mask's ${maps} channels are equal and were read as one.`
    : none > 0
      ? `The mask's ${maps} maps of 0 and ${top} were read as ${maps} classes; what is in none is background.`
      : `The mask's ${maps} maps of 0 and ${top} were read as background, which is the first, and ${maps - 1} ${maps === 2 ? 'class' : 'classes'}.`
  const plain = { channels: 1, alpha: false, slope: 1, intercept: 0, inverted: false, frameMeans: 'time' } as const
  return { volume: { ...volume, ...plain, palette: [], size, samples: labels }, notes: [note] }
}

function layoutOf({ size, channels, kind, affine, samples }: Volume, image: Volume | null): Layout | null {
  const [a, b, c, d] = size
  const alike = image && [0, 1, 2].every((axis) => size[axis] === image.size[axis])
  // A picture's colours are never maps.
  if (channels > 2 && kind !== 'png' && kind !== 'jpeg')
    return { maps: channels, size, at: (map, voxel) => voxel * channels + map, certain: true }
  if (channels > 1) return null
  const behind = (maps: number): Layout['at'] => {
    const each = samples.length / maps
    return (map, voxel) => map * each + voxel
  }
  if (d > 1) {
    if (image?.frameMeans === 'time' && image.size[3] > 1) return null
    if (!image || alike || affine) return { maps: d, size: [a, b, c, 1], at: behind(d), certain: false }
  }
  if (!image || alike || affine) return null
  const [columns, rows, slices] = image.size
  if (a === columns && b === rows && slices === 1 && c > 1 && d === 1) return { maps: c, size: [a, b, 1, 1], at: behind(c), certain: false }
  if (b === columns && c === rows && d === slices && a > 1)
    return { maps: a, size: [b, c, d, 1], at: (map, voxel) => voxel * a + map, certain: false }
  return null
}

/** The only value besides 0, if it is 1 or 255. */
function topOf({ samples, slope, intercept }: Volume): 1 | 255 | null {
  if (slope !== 1 || intercept !== 0) return null
  let top: 1 | 255 | null = null
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!
    if (sample === 0 || sample === top) continue
    if (top !== null || (sample !== 1 && sample !== 255)) return null
    top = sample
  }
  return top
}
