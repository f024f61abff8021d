import type { Affine, Volume } from '../data/volume'

/** An image to be written: samples columns fastest, then rows, slices, frames, as in a `Volume`. */
export interface NiftiImage {
  size: readonly [columns: number, rows: number, slices: number, frames: number]
  samples: Uint8Array | Int16Array | Uint16Array | Float32Array
  /** Where the geometry comes from. */
  source: Volume
  /** 'label': each value is a name (NIFTI_INTENT_LABEL), so that viewers do not interpolate. */
  intent: 'label' | 'none'
  /** At most 79 bytes of UTF-8 fit, less 13 where the source has no geometry; the rest is cut off. */
  description: string
}

/** The part of a header that places the voxels, in the header's units. */
interface Placement {
  version: 1 | 2
  /** Rank, then seven sides. */
  dim: number[]
  /** qfac (1 or -1), then seven voxel sizes. */
  pixdim: number[]
  /** Units of space and time, as NIfTI codes them; 0 unknown, 2 mm. */
  units: number
  /** First time point. */
  toffset: number
  qformCode: number
  sformCode: number
  /** b, c, d of the qform's quaternion, and its offset. */
  quaternion: number[]
  offset: number[]
  /** The sform, row by row. */
  rows: number[]
}

/**
 * A single-file NIfTI, little-endian, not compressed, without extensions. Header fields as in nifti1.h and nifti2.h (nifti.nimh.nih.gov).
 * A NIfTI source gives its version, dims, voxel sizes, units, qform and sform with their codes, bit for bit; nothing else, since other
 * fields may hold a name. Other sources give their affine as sform (code 1), and as qform too if it is a rotation; without geometry it
 * is the voxel size alone (1 where unknown), and the description says so.
 * @throws Error if samples and size do not match
 */
export function writeNifti({ size, samples, source, intent, description }: NiftiImage): Uint8Array<ArrayBuffer> {
  if (samples.length !== size.reduce((a, b) => a * b, 1))
    throw new Error(`An image of ${size.join(' x ')} cannot have ${samples.length} samples.`)
  const kept = source.origin.format === 'nifti' ? readPlacement(source.origin.header, size) : null
  const placed = kept ?? makePlacement(source, size)
  const known = kept !== null || source.affine !== null
  const start = placed.version === 1 ? 352 : 544
  const bytes = new Uint8Array(start + samples.byteLength)
  const view = new DataView(bytes.buffer)
  const about = {
    ...dataTypeOf(samples),
    intent: intent === 'label' ? 1002 : 0,
    // Both fields end in a zero byte.
    description: cut(known ? description : `No geometry; ${description}`, 79),
  }
  if (placed.version === 1) writeHeader1(view, placed, about, start)
  else writeHeader2(view, placed, about, start)
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), start)
  return bytes
}

interface About {
  datatype: number
  bitpix: number
  intent: number
  description: Uint8Array
}

function dataTypeOf(samples: NiftiImage['samples']): Pick<About, 'datatype' | 'bitpix'> {
  if (samples instanceof Uint8Array) return { datatype: 2, bitpix: 8 }
  if (samples instanceof Int16Array) return { datatype: 4, bitpix: 16 }
  if (samples instanceof Uint16Array) return { datatype: 512, bitpix: 16 }
  return { datatype: 16, bitpix: 32 }
}

/** UTF-8 in at most `limit` bytes, without splitting a character. */
function cut(text: string, limit: number): Uint8Array {
  const out = new Uint8Array(limit)
  return out.subarray(0, new TextEncoder().encodeInto(text, out).written)
}

const fill = <T>(from: number, step: number, values: readonly T[], set: (at: number, value: T) => void) =>
  values.forEach((value, i) => set(from + i * step, value))

function writeHeader1(view: DataView, placed: Placement, about: About, start: number): void {
  const int16 = (at: number, value: number) => view.setInt16(at, value, true)
  const float = (at: number, value: number) => view.setFloat32(at, value, true)
  const bytes = new Uint8Array(view.buffer)
  view.setInt32(0, 348, true)
  fill(40, 2, placed.dim, int16)
  int16(68, about.intent)
  int16(70, about.datatype)
  int16(72, about.bitpix)
  fill(76, 4, placed.pixdim, float)
  float(108, start)
  float(112, 1) // scl_slope
  bytes[123] = placed.units
  float(136, placed.toffset)
  bytes.set(about.description, 148)
  int16(252, placed.qformCode)
  int16(254, placed.sformCode)
  fill(256, 4, placed.quaternion, float)
  fill(268, 4, placed.offset, float)
  fill(280, 4, placed.rows, float)
  bytes.set(cut('n+1', 4), 344)
}

function writeHeader2(view: DataView, placed: Placement, about: About, start: number): void {
  const int16 = (at: number, value: number) => view.setInt16(at, value, true)
  const int32 = (at: number, value: number) => view.setInt32(at, value, true)
  const int64 = (at: number, value: number) => view.setBigInt64(at, BigInt(value), true)
  const double = (at: number, value: number) => view.setFloat64(at, value, true)
  const bytes = new Uint8Array(view.buffer)
  int32(0, 540)
  bytes.set(cut('n+2\0\r\n\x1a\n', 8), 4)
  int16(12, about.datatype)
  int16(14, about.bitpix)
  fill(16, 8, placed.dim, int64)
  fill(104, 8, placed.pixdim, double)
  int64(168, start)
  double(176, 1) // scl_slope
  double(216, placed.toffset)
  bytes.set(about.description, 240)
  int32(344, placed.qformCode)
  int32(348, placed.sformCode)
  fill(352, 8, placed.quaternion, double)
  fill(376, 8, placed.offset, double)
  fill(400, 8, placed.rows, double)
  int32(500, placed.units)
  int32(504, about.intent)
}

/** The placement of a NIfTI header of either version and byte order; null if its sides are not the image's. */
function readPlacement(header: Uint8Array, size: NiftiImage['size']): Placement | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const little = [348, 540].includes(view.getInt32(0, true))
  const version = view.getInt32(0, little) === 540 ? 2 : 1
  const list = (from: number, step: number, count: number, get: (at: number) => number) =>
    Array.from({ length: count }, (_, i) => get(from + i * step))
  const int16 = (at: number) => view.getInt16(at, little)
  const int32 = (at: number) => view.getInt32(at, little)
  const int64 = (at: number) => Number(view.getBigInt64(at, little))
  const float = (at: number) => view.getFloat32(at, little)
  const double = (at: number) => view.getFloat64(at, little)
  const own: Placement =
    version === 1
      ? {
          version,
          dim: list(40, 2, 8, int16),
          pixdim: list(76, 4, 8, float),
          units: view.getUint8(123),
          toffset: float(136),
          qformCode: int16(252),
          sformCode: int16(254),
          quaternion: list(256, 4, 3, float),
          offset: list(268, 4, 3, float),
          rows: list(280, 4, 12, float),
        }
      : {
          version,
          dim: list(16, 8, 8, int64),
          pixdim: list(104, 8, 8, double),
          units: int32(500),
          toffset: double(216),
          qformCode: int32(344),
          sformCode: int32(348),
          quaternion: list(352, 8, 3, double),
          offset: list(376, 8, 3, double),
          rows: list(400, 8, 12, double),
        }
  const [rank, ...sides] = own.dim
  // Sides beyond the rank mean nothing; some programs leave 0 there.
  const used = sides.map((side, i) => (i < rank! ? Math.max(1, side) : 1))
  if (![0, 1, 2].every((i) => used[i] === size[i])) return null
  const frames = used.slice(3).reduce((a, b) => a * b, 1)
  return { ...own, dim: frames === size[3] ? [rank!, ...used] : dimOf(size) }
}

const dimOf = ([columns, rows, slices, frames]: NiftiImage['size']) => [frames > 1 ? 4 : 3, columns, rows, slices, frames, 1, 1, 1]

function makePlacement({ affine, spacing }: Volume, size: NiftiImage['size']): Placement {
  const [x, y, z] = spacing ?? [1, 1, 1]
  const known: Affine = affine ?? [
    [x, 0, 0, 0],
    [0, y, 0, 0],
    [0, 0, z, 0],
  ]
  const column = (c: number): Vector => [known[0][c]!, known[1][c]!, known[2][c]!]
  const lengths = [0, 1, 2].map((c) => Math.hypot(...column(c)))
  const rotation = rotationOf([column(0), column(1), column(2)], lengths)
  return {
    // NIfTI-1 counts in 16 bits.
    version: size.some((side) => side > 32767) ? 2 : 1,
    dim: dimOf(size),
    pixdim: [rotation?.qfac ?? 1, ...lengths.map((length) => (length > shortest ? length : 1)), 1, 1, 1, 1],
    units: affine || spacing ? 2 : 0,
    toffset: 0,
    qformCode: rotation ? 1 : 0,
    sformCode: 1,
    quaternion: rotation?.quaternion ?? [0, 0, 0],
    offset: rotation ? column(3) : [0, 0, 0],
    rows: known.flat(),
  }
}

/** Millimetres below which an affine's column is meaningless: single precision would make it 0. */
const shortest = 1e-9

type Vector = [number, number, number]

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

/**
 * b, c, d of the unit quaternion of three perpendicular columns, and qfac, -1 where they are left-handed: nifti_mat44_to_quatern of
 * nifti1_io.c. Null if two columns are more than 1e-4 off perpendicular: DICOM's cosines have about six digits.
 */
function rotationOf(columns: [Vector, Vector, Vector], lengths: number[]): { qfac: 1 | -1; quaternion: number[] } | null {
  if (!lengths.every((length) => length > shortest)) return null
  const [i, j, k] = columns.map((v, c) => v.map((value) => value / lengths[c]!)) as [Vector, Vector, Vector]
  if ([dot(i, j), dot(i, k), dot(j, k)].some((cosine) => Math.abs(cosine) > 1e-4)) return null
  const cross: Vector = [i[1] * j[2] - i[2] * j[1], i[2] * j[0] - i[0] * j[2], i[0] * j[1] - i[1] * j[0]]
  const qfac = dot(cross, k) < 0 ? -1 : 1
  const [k0, k1, k2] = k.map((value) => value * qfac) as Vector
  // All four formulas are exact; the one with the largest divisor loses no digits (Shepperd).
  const ways = [
    [1 + i[0] + j[1] + k2, j[2] - k1, k0 - i[2], i[1] - j[0]],
    [j[2] - k1, 1 + i[0] - j[1] - k2, j[0] + i[1], k0 + i[2]],
    [k0 - i[2], j[0] + i[1], 1 + j[1] - i[0] - k2, k1 + j[2]],
    [i[1] - j[0], k0 + i[2], k1 + j[2], 1 + k2 - i[0] - j[1]],
  ]
  const largest = Math.max(...ways.map((way, n) => way[n]!))
  const best = ways.find((way, n) => way[n] === largest)!
  // The format keeps only b, c, d: a is the positive root of the rest.
  const scale = Math.hypot(...best) * (best[0]! < 0 ? -1 : 1)
  return { qfac, quaternion: best.slice(1).map((value) => value / scale) }
}
