import { loadOwn } from '../lib/own-file'
import { checkVolume } from './image-size'
import { InputError } from './input-error'
import { bytesOf, samplesFrom, type NumberType } from './number-type'
import { openFile, type OpenedFile } from './opened-file'
import type { GivenFile } from './given-file'
import { makeVolume, spacingOf, type Affine, type Triple, type Volume } from './volume'

/** Whether a file starts as a single NIfTI or as the header of a pair; null if neither. */
export function niftiKind(head: Uint8Array): { version: 1 | 2; paired: boolean } | null {
  const magic = (at: number) => String.fromCharCode(...head.subarray(at, at + 3))
  if (['n+1', 'ni1'].includes(magic(344)) && head[347] === 0) return { version: 1, paired: magic(344) === 'ni1' }
  if (['n+2', 'ni2'].includes(magic(4)) && head[7] === 0) return { version: 2, paired: magic(4) === 'ni2' }
  return null
}

/** By NIfTI's datatype code. */
const types: Record<number, { type: NumberType; channels: 1 | 3 | 4 }> = {
  2: { type: 'u1', channels: 1 },
  4: { type: 'i2', channels: 1 },
  8: { type: 'i4', channels: 1 },
  16: { type: 'f4', channels: 1 },
  64: { type: 'f8', channels: 1 },
  128: { type: 'u1', channels: 3 },
  256: { type: 'i1', channels: 1 },
  512: { type: 'u2', channels: 1 },
  768: { type: 'u4', channels: 1 },
  1024: { type: 'i8', channels: 1 },
  1280: { type: 'u8', channels: 1 },
  2304: { type: 'u1', channels: 4 },
}

/** Millimetres per unit of length, by code; the default is millimetres. */
const millimetres: Record<number, number> = { 1: 1000, 3: 0.001 }

/**
 * Reads NIfTI-1 or -2, plain or gzipped, of either byte order. Samples stay as stored, scl_slope and scl_inter become slope and intercept. The
 * affine is the sform if its code is above 0, else the qform if its code is, else null.
 * @param image the .img file, if the file is a .hdr
 * @throws InputError; a size over the limit is detected from the header alone
 */
export async function readNifti(file: OpenedFile, image: GivenFile | null = null): Promise<Volume> {
  const { name, head } = file
  const { NIFTI1, NIFTI2 } = await loadOwn('The reader of NIfTI files', () => import('nifti-reader-js'))
  const kind = niftiKind(head)!
  const headerLength = kind.version === 1 ? 348 : 540
  const damaged = (what: string) => new InputError(`"${name}" is a damaged NIfTI file: ${what}; save it again.`, name)
  if (kind.paired && !image)
    throw new InputError(`"${name}" is half of a two-file NIfTI; give its .img file too, or save it as a single .nii file.`, name)
  if (head.length < headerLength) throw new InputError(`"${name}" is cut short within its header; copy or save it again.`, name)
  // Given only the header, the library does not look for extensions.
  const header = head.slice(0, headerLength)
  const nifti = kind.version === 1 ? new NIFTI1() : new NIFTI2()
  try {
    nifti.readHeader(header.buffer)
  } catch {
    throw damaged('its header has the wrong length')
  }

  const axes = nifti.dims[0]!
  if (!(axes >= 1 && axes <= 7)) throw damaged(`its header says it has ${axes} axes`)
  const [columns, rows, slices, ...more] = Array.from({ length: 7 }, (_, i) => (i < axes ? Number(nifti.dims[i + 1]) : 1))
  if (more.filter((n) => n !== 1).length > 1)
    throw new InputError(`"${name}" has ${axes} axes (${nifti.dims.slice(1, axes + 1).join(' x ')}); save it with four or fewer.`, name)
  const size = [columns!, rows!, slices!, more.reduce((a, b) => a * b)] as const
  const layout = types[nifti.datatypeCode]
  if (!layout)
    throw new InputError(
      `"${name}" holds unsupported numbers (NIfTI datatype ${nifti.datatypeCode}); save it as int16, uint8 or float32.`,
      name,
    )
  const { type, channels } = layout
  checkVolume(name, size, channels * bytesOf(type))

  const start = kind.paired ? Math.max(0, nifti.vox_offset) : Math.max(nifti.vox_offset, headerLength)
  if (!Number.isInteger(start) || start > 2 ** 31) throw damaged(`its voxels begin at byte ${nifti.vox_offset}`)
  const length = size.reduce((a, b) => a * b) * channels * bytesOf(type)
  const bytes = await (kind.paired ? await openFile(image!) : file).body(start, length)
  const samples = samplesFrom(bytes, type, !nifti.littleEndian, name)

  const scaled = channels === 1 && nifti.scl_slope !== 0 && Number.isFinite(nifti.scl_slope) && Number.isFinite(nifti.scl_inter)
  const [min, max] = [nifti.cal_min, nifti.cal_max]
  const { affine, spacing } = geometryOf(nifti, new DataView(header.buffer), kind.version)
  return makeVolume({
    name,
    kind: 'nifti',
    size,
    samples,
    channels,
    alpha: channels === 4,
    ...(scaled && { slope: nifti.scl_slope, intercept: nifti.scl_inter }),
    affine,
    spacing,
    window: channels === 1 && max > min && Number.isFinite(max - min) ? { center: (min + max) / 2, width: max - min } : null,
    notes: affine ? [] : ['The file does not say how the volume lies in the patient.'],
    origin: { format: 'nifti', header },
  })
}

type Header = InstanceType<typeof import('nifti-reader-js').NIFTI1> | InstanceType<typeof import('nifti-reader-js').NIFTI2>

function geometryOf(nifti: Header, header: DataView, version: 1 | 2): { affine: Affine | null; spacing: Triple | null } {
  const unit = millimetres[nifti.xyzt_units & 7] ?? 1
  // The library's affine is the qform if that has the larger code, so the sform is read here.
  const sform = (row: number, column: number) =>
    version === 1
      ? header.getFloat32(280 + 16 * row + 4 * column, nifti.littleEndian)
      : header.getFloat64(400 + 32 * row + 8 * column, nifti.littleEndian)
  const [x, y, z] = [1, 2, 3].map((axis) => Math.abs(nifti.pixDims[axis]!)) as [number, number, number]
  const spacing: Triple | null = [x, y, z].every((step) => step > 0 && step < Infinity) ? [x * unit, y * unit, z * unit] : null

  let rows: readonly (readonly number[])[] | null = null
  if (nifti.sform_code > 0) rows = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => sform(row, column)))
  else if (nifti.qform_code > 0) rows = quaternAffine(nifti)
  const scaled = rows?.map((row) => row.map((value) => value * unit)) as unknown as Affine | undefined
  const steps = scaled && spacingOf(scaled)
  if (!scaled?.flat().every(Number.isFinite) || !steps!.every((step) => step > 0)) return { affine: null, spacing }
  return { affine: scaled, spacing: steps! }
}

/** Method 2 of nifti1.h: a rotation as a quaternion, the spacing, and an offset. The library's accepts a qfac other than 1 and -1. */
function quaternAffine({ quatern_b: b, quatern_c: c, quatern_d: d, pixDims, qoffset_x, qoffset_y, qoffset_z }: Header): number[][] {
  const rest = 1 - (b * b + c * c + d * d)
  // Rounding makes a half turn slightly longer than 1.
  const scale = rest < 0 ? 1 / Math.sqrt(b * b + c * c + d * d) : 1
  const a = Math.sqrt(Math.max(0, rest))
  ;[b, c, d] = [b * scale, c * scale, d * scale]
  const [dx, dy] = [pixDims[1]!, pixDims[2]!]
  const dz = pixDims[3]! * (pixDims[0]! < 0 ? -1 : 1)
  return [
    [(a * a + b * b - c * c - d * d) * dx, 2 * (b * c - a * d) * dy, 2 * (b * d + a * c) * dz, qoffset_x],
    [2 * (b * c + a * d) * dx, (a * a + c * c - b * b - d * d) * dy, 2 * (c * d - a * b) * dz, qoffset_y],
    [2 * (b * d - a * c) * dx, 2 * (c * d + a * b) * dy, (a * a + d * d - c * c - b * b) * dz, qoffset_z],
  ]
}
