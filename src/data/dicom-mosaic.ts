/**
 * Siemens' mosaics: all slices of one time point as tiles of one picture, row by row from the top left, as diffusion and functional MRI are stored in plain
 * DICOM. The file's position is for a single picture of the mosaic's size about the centre of the first slice.
 */
import type { DataSet } from 'dicom-parser'
import { dot, type PlaneGeometry } from './dicom-geometry'
import { numberOf, textOf, type DicomHeader } from './dicom-header'
import { InputError } from './input-error'
import type { Samples, Triple } from './volume'

/** A part of a picture that is a slice, in pixels. */
export interface Tile {
  left: number
  top: number
  columns: number
  rows: number
}

/** The slices of a mosaic, in order; null for any other file. @throws InputError if the number of slices is missing */
export function tilesOf(header: DicomHeader): Tile[] | null {
  const { data, rows, columns, file, frames } = header
  if (frames > 1 || !textOf(data, 'x00080008').split('\\').includes('MOSAIC')) return null
  const own = data.elements['x0019100a'] ? (data.uint16('x0019100a') ?? 0) : 0
  const count = own || (csaOf(data).get('NumberOfImagesInMosaic')?.[0] ?? 0)
  const side = Math.ceil(Math.sqrt(count))
  if (!(Number.isInteger(count) && count > 0) || columns % side !== 0 || rows % side !== 0)
    throw new InputError(
      `"${file.name}" is a Siemens mosaic that does not say how many slices it has; convert the series to NIfTI, for example with dcm2niix.`,
      file.name,
    )
  const size = { columns: columns / side, rows: rows / side }
  return Array.from({ length: count }, (_, i) => ({ left: (i % side) * size.columns, top: Math.floor(i / side) * size.rows, ...size }))
}

/** Where the slices of a mosaic lie, from the position of the whole picture. */
export function tileGeometries(header: DicomHeader, whole: PlaneGeometry, tiles: readonly Tile[]): PlaneGeometry[] {
  const { data, rows, columns } = header
  const { position, along, down, normal, spacing } = whole
  const said = csaOf(data).get('SliceNormalVector')
  const forward = said?.length === 3 && dot(said as unknown as Triple, normal) < 0 ? -1 : 1
  const step = forward * ([numberOf(data, 'x00180088'), numberOf(data, 'x00180050')].find((mm) => mm !== null && mm > 0) ?? 1)
  return tiles.map((tile, index) => {
    const [right, below] = [((columns - tile.columns) / 2) * spacing[0], ((rows - tile.rows) / 2) * spacing[1]]
    const moved = [0, 1, 2].map((axis) => position[axis]! + along[axis]! * right + down[axis]! * below + normal[axis]! * step * index)
    return { ...whole, position: moved as unknown as Triple }
  })
}

/** The samples of a tile, from a picture of `columns` with `channels` samples a pixel. */
export function cutTile(samples: Samples, columns: number, channels: number, tile: Tile): Samples {
  const out = new (samples.constructor as new (length: number) => Samples)(tile.columns * tile.rows * channels)
  for (let y = 0; y < tile.rows; y++) {
    const from = ((tile.top + y) * columns + tile.left) * channels
    out.set(samples.subarray(from, from + tile.columns * channels), y * tile.columns * channels)
  }
  return out
}

/** Numbers of Siemens' private header by name (its layout "SV10", as nibabel's csareader describes it); empty if missing or damaged. */
function csaOf(data: DataSet): Map<string, number[]> {
  const found = new Map<string, number[]>()
  const element = data.elements['x00291010']
  if (!element || !textOf(data, 'x00290010').startsWith('SIEMENS CSA')) return found
  const bytes = data.byteArray.slice(element.dataOffset, element.dataOffset + element.length) as Uint8Array
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = (from: number, to: number) => new TextDecoder('latin1').decode(bytes.subarray(from, to)).split('\0')[0]!.trim()
  if (text(0, 4) !== 'SV10') return found
  try {
    const tags = view.getUint32(8, true)
    for (let tag = 0, at = 16; tag < tags; tag++) {
      const [name, items] = [text(at, at + 64), view.getUint32(at + 76, true)]
      at += 84
      const values: number[] = []
      for (let item = 0; item < items; item++) {
        const length = view.getUint32(at + 4, true)
        const value = text(at + 16, at + 16 + length)
        if (value !== '' && Number.isFinite(Number(value))) values.push(Number(value))
        at += 16 + 4 * Math.ceil(length / 4)
      }
      found.set(name, values)
    }
  } catch {
    // Keeps what was read before the damage.
  }
  return found
}
