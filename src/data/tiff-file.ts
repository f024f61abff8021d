import type { GeoTIFFImage, ImageFileDirectory } from 'geotiff'
import { loadOwn, throwLoadError } from '../lib/own-file'
import { channelsNote, inOrder } from './array-axes'
import type { GivenFile } from './given-file'
import { exifOrientation, type ExifOrientation } from './exif'
import { checkVolume, maxPixels } from './image-size'
import { frameSize } from './jpeg-file'
import { InputError } from './input-error'
import { samplesFrom, type NumberType } from './number-type'
import { arrangementOf, imagesOf } from './tiff-axes'
import { turnUpright } from './upright'
import { makeVolume, type Samples, type Triple, type Volume } from './volume'
import { putRgb } from './ycbcr'

const starts = [
  [0x49, 0x49, 42, 0],
  [0x4d, 0x4d, 0, 42],
  [0x49, 0x49, 43, 0],
  [0x4d, 0x4d, 0, 43],
]

/** TIFF and BigTIFF of either byte order. */
export const isTiff = (head: Uint8Array): boolean => starts.some((start) => start.every((byte, i) => head[i] === byte))

/** The pixel format of one page, common to all pages of a stack. */
interface Page {
  image: GeoTIFFImage
  width: number
  height: number
  bits: number
  /** 1 unsigned, 2 signed, 3 floating. */
  format: number
  samples: number
  photometric: number
  alpha: boolean
  /** Whether the samples of a pixel are grey channels. */
  channelled: boolean
  orientation: ExifOrientation
}

/**
 * Reads a TIFF: grey, also three or four channels of it, palette (indices are kept) or colour, upright; its pages, but for thumbnails, are the
 * slices, or frames where OME-XML or ImageJ says so. Numbers stay as stored; MINISWHITE sets `inverted`.
 * @throws InputError
 */
export async function readTiff(file: GivenFile): Promise<Volume> {
  const { name } = file
  try {
    return await readPages(file)
  } catch (error) {
    throwLoadError(error)
    if (error instanceof InputError) throw error
    throw new InputError(`"${name}" is a TIFF that is damaged or cut short; copy it or save it again.`, name)
  }
}

/** What is loaded for the first TIFF. */
const reader = 'The reader of TIFF files'

async function readPages(file: GivenFile): Promise<Volume> {
  const { name } = file
  const { GeoTIFF, getDecoder } = await loadOwn(reader, () => import('geotiff'))
  const { bigEndianDirectories } = await loadOwn(reader, () => import('./tiff-blocks'))
  // The library's type asks for a class with more methods than it calls.
  const tiff = await GeoTIFF.fromSource(sourceOf(file) as never)
  // Otherwise arrays fetched later are read as little-endian, and allocated at the size the file states before they are fetched.
  ;(tiff as unknown as { parser: { eager: boolean } }).parser.eager = true

  const pages: Page[] = []
  const seen = new Set<number>()
  let thumbnails = 0
  for (let index = 0, next = 1; next !== 0; index++) {
    const image = await tiff.getImage(index)
    next = image.fileDirectory.nextIFDByteOffset
    if (seen.has(next)) throw new InputError(`"${name}" is a damaged TIFF: its pages form a circle; save it again.`, name)
    seen.add(next)
    if (Number(image.fileDirectory.getValue('NewSubfileType') ?? 0) & 1) {
      thumbnails++
      continue
    }
    if (!tiff.littleEndian) bigEndianDirectories.add(image.fileDirectory)
    pages.push(pageOf(image, tiff.littleEndian, name))
  }
  const [first] = pages
  // The library loads this one itself, and would do so while it reads.
  if (pages.some(({ image }) => image.fileDirectory.getValue('Compression') === 7)) await loadOwn(reader, () => getDecoder(7, {} as never))
  if (!first) throw new InputError(`"${name}" is a TIFF without an image; save it again.`, name)
  const { width, height, bits, format, photometric } = first
  for (const page of pages) {
    if (page.width !== width || page.height !== height)
      throw new InputError(
        `"${name}" has pages of different sizes (${width} x ${height} and ${page.width} x ${page.height} pixels); save each as a file.`,
        name,
      )
    if (
      page.bits !== bits ||
      page.format !== format ||
      page.samples !== first.samples ||
      page.photometric !== photometric ||
      page.orientation !== first.orientation
    )
      throw new InputError(`"${name}" has pages with different kinds of pixels; save each as a file.`, name)
  }
  const bytes = bits <= 8 ? 1 : bits <= 16 && format !== 3 ? 2 : bits <= 32 ? 4 : 8
  const directory = first.image.fileDirectory
  const description = String(valueOf(directory, 'ImageDescription') ?? '')
  const following = pages.length === 1 ? await followingImages(file, first, imagesOf(description), bytes) : null
  const { slices, frames, spacing, notes, ...arranged } = arrangementOf(description, following?.count ?? pages.length, first.samples, [
    rational(valueOf(directory, 'XResolution')),
    rational(valueOf(directory, 'YResolution')),
  ])
  checkVolume(name, [width, height, slices, frames], first.samples * bytes)
  if (first.channelled && frames > 1) throw severalChannels(name, first.samples)
  const size: Volume['size'] = [width, height, slices, first.channelled ? first.samples : frames]
  if (first.channelled) notes.push(channelsNote(first.samples))
  if (thumbnails > 0) notes.push(`${thumbnails} smaller ${thumbnails === 1 ? 'copy' : 'copies'} of the image in the file were left out.`)

  let samples: Samples | null = null
  const count = arranged.pages.length
  for (const [index, page] of arranged.pages.entries()) {
    let raster: Samples
    if (following) raster = samplesFrom(await following.read(page), numberType(first, bytes), !tiff.littleEndian, name)
    else {
      await checkBlocks(file, pages[page]!)
      raster = (await pages[page]!.image.readRasters({ interleave: true })) as unknown as Samples
    }
    if (photometric === 6) toRgb(raster as Uint8Array)
    // A copy only where there is more than one page.
    samples ??= count === 1 ? raster : (new (raster.constructor as Uint8ArrayConstructor)(raster.length * count) as Samples)
    if (count > 1) samples.set(raster, index * raster.length)
  }
  const frameMeans = first.channelled || arranged.channels ? 'channel' : 'time'
  const volume = makeVolume({
    name,
    kind: 'tiff',
    size,
    samples: first.channelled ? inOrder(samples!, { size, frameMeans }) : samples!,
    channels: first.channelled ? 1 : (first.samples as 1 | 2 | 3 | 4),
    alpha: first.alpha,
    palette: photometric === 3 ? paletteOf(first.image.fileDirectory) : [],
    inverted: photometric === 0,
    slope: arranged.slope,
    intercept: arranged.intercept,
    spacing,
    stepKnown: arranged.stepKnown,
    frameMeans,
    notes,
  })
  return turnUpright(volume, first.orientation)
}

/** Converts, in place, pixels that the library leaves as in the JPEG. */
function toRgb(samples: Uint8Array): void {
  const out = new Uint8ClampedArray(samples.buffer, samples.byteOffset, samples.length)
  for (let at = 0; at + 2 < out.length; at += 3) putRgb(out, at, out[at]!, out[at + 1]!, out[at + 2]!)
}

/** A fraction from the directory as a number; NaN if missing. */
function rational(value: unknown): number {
  const fraction = (value ?? []) as ArrayLike<number>
  return Number(fraction[0]) / Number(fraction[1])
}

const numberType = ({ format }: Page, bytes: number) => `${{ 1: 'u', 2: 'i', 3: 'f' }[format]!}${bytes}` as NumberType

/**
 * The images that ImageJ, beyond 4 GB, and other programs write one after another in a file of one page; null if that
 * is not so: if packed, in separate pieces, or with room only for the first.
 */
async function followingImages(file: GivenFile, { image, width, height, samples, bits }: Page, count: number, bytes: number) {
  const { fileDirectory: directory } = image
  const numbers = async (tag: 'StripOffsets' | 'StripByteCounts') =>
    Array.from(((await directory.loadValue(tag)) ?? []) as ArrayLike<number>, Number)
  const [offsets, counts] = [await numbers('StripOffsets'), await numbers('StripByteCounts')]
  const start = offsets[0] ?? Infinity
  const each = width * height * samples * bytes
  const plain =
    Number(directory.getValue('Compression') ?? 1) === 1 && bits === 8 * bytes && (samples === 1 || image.planarConfiguration === 1)
  const joined = offsets.every((offset, i) => i === 0 || offset === offsets[i - 1]! + counts[i - 1]!)
  if (count === 1 || !plain || !joined || start + each * count > file.size) return null
  return { count, read: (index: number) => file.read(start + index * each, start + (index + 1) * each) }
}

/** Reads pieces for geotiff; a piece beyond the end of the file is refused before it is allocated. */
const sourceOf = (file: GivenFile) => ({
  fileSize: file.size,
  fetch: (slices: readonly { offset: number; length: number }[]) =>
    Promise.all(
      slices.map(async ({ offset, length }) => {
        // When the library does not know a directory's length it asks for 1,024 or 4,048 bytes.
        if (length > 4048 && offset + length > file.size) throw new Error('The TIFF points beyond its end.')
        return (await file.read(offset, Math.min(offset + length, file.size))).buffer
      }),
    ),
  close: () => Promise.resolve(),
})

const compressionNames: Record<number, string> = {
  2: 'CCITT fax',
  3: 'CCITT fax',
  4: 'CCITT fax',
  6: 'old JPEG',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  50001: 'WebP',
  50002: 'JPEG XL',
}
const read = [1, 5, 7, 8, 32946, 32773, 50000]

const severalChannels = (name: string, samples: number) =>
  new InputError(`"${name}" has ${samples} channels for each pixel; save one of them, or RGB.`, name)

/** @throws InputError for a TIFF that geotiff would read wrongly or not at all */
function pageOf(image: GeoTIFFImage, littleEndian: boolean, name: string): Page {
  const directory = image.fileDirectory
  const refuse = (what: string) =>
    new InputError(`"${name}" is a TIFF ${what}, which is not supported; save it uncompressed, as grey or RGB.`, name)
  const value = (tag: string) => {
    const found = valueOf(directory, tag)
    return found === undefined ? undefined : Number(found)
  }
  // The library takes them as they are: a text, or a part of a pixel.
  for (const tag of ['ImageWidth', 'ImageLength', 'TileWidth', 'TileLength', 'RowsPerStrip', 'SamplesPerPixel']) {
    const found = valueOf(directory, tag)
    if (found !== undefined && (typeof found === 'string' || !Number.isSafeInteger(Number(found))))
      throw new InputError(`"${name}" is a damaged TIFF: its ${tag} is no number; save it again.`, name)
  }
  const samples = image.getSamplesPerPixel()
  const bitsOf = Array.from((directory.getValue('BitsPerSample') as ArrayLike<number> | undefined) ?? [1], Number)
  const formats = Array.from((directory.getValue('SampleFormat') as ArrayLike<number> | undefined) ?? [1], Number)
  const [bits, format] = [bitsOf[0], formats[0]]
  if (bits === undefined || format === undefined)
    throw new InputError(`"${name}" is a damaged TIFF: its pixel format is missing; save it again.`, name)
  const compression = value('Compression') ?? 1
  const photometric = value('PhotometricInterpretation') ?? 1
  const extra = (directory.getValue('ExtraSamples') as ArrayLike<number> | undefined)?.[0]
  // Some writers call RGB grey, but only grey channels have extra samples.
  const channelled = photometric < 2 && samples > 2 && extra !== undefined
  const alpha = !channelled && (samples === 2 || samples === 4)

  if (!read.includes(compression)) throw refuse(`with ${compressionNames[compression] ?? `unknown (${compression})`} compression`)
  if (![0, 1, 2, 3].includes(photometric) && !(photometric === 6 && compression === 7))
    throw refuse({ 5: 'in CMYK', 6: 'in YCbCr', 8: 'in CIELab' }[photometric] ?? `of an unusual kind (${photometric})`)
  if (bitsOf.some((other) => other !== bits) || formats.some((other) => other !== format)) throw refuse('with channels of different depths')
  const known = { 1: bits <= 16 || bits === 32, 2: [8, 16, 32].includes(bits), 3: [16, 32, 64].includes(bits) }[format]
  const odd = bits % 8 !== 0
  if (!(known && bits > 0) || (odd && (samples > 1 || value('Predictor') === 2 || (bits > 8 && !littleEndian))))
    throw refuse(`with pixels of ${bits} bits`)
  if (photometric === 6 && (samples !== 3 || image.planarConfiguration === 2)) throw refuse('in planar YCbCr or with opacity')
  if (compression === 7 && bits !== 8) throw refuse(`with ${bits}-bit JPEG compression`)
  if (
    !(samples >= 1 && samples <= 4) ||
    (alpha && extra === undefined) ||
    (samples === 2 && extra === 0) ||
    (photometric === 3 && samples > 1)
  )
    throw severalChannels(name, samples)
  return {
    image,
    width: image.getWidth(),
    height: image.getHeight(),
    bits,
    format,
    samples,
    photometric,
    alpha,
    channelled,
    orientation: exifOrientation(value('Orientation')),
  }
}

/** The library's types say that some tags are fetched later; here none are. */
const valueOf = (directory: ImageFileDirectory, tag: string): unknown => directory.getValue(tag as 'ImageWidth')

/** 16-bit colours, all reds first, to bytes. */
function paletteOf(directory: ImageFileDirectory): Triple[] {
  const map = valueOf(directory, 'ColorMap') as ArrayLike<number> | undefined
  const length = Math.floor((map?.length ?? 0) / 3)
  return Array.from({ length }, (_, i): Triple => [map![i]! >> 8, map![length + i]! >> 8, map![2 * length + i]! >> 8])
}

/**
 * @throws InputError if there are fewer strips or tiles than the page needs, which may be millions, if one is larger than
 * any image, or if a JPEG in one claims to be larger: its decoder would believe it
 */
async function checkBlocks(file: GivenFile, { image, width, height, samples }: Page): Promise<void> {
  const damaged = (what: string) => new InputError(`"${file.name}" is a damaged TIFF: ${what}; save it again.`, file.name)
  const directory = image.fileDirectory
  const numbers = async (tag: 'StripOffsets' | 'StripByteCounts' | 'TileOffsets' | 'TileByteCounts') =>
    Array.from(((await directory.loadValue(tag)) ?? []) as ArrayLike<number>, Number)
  const offsets = await numbers(image.isTiled ? 'TileOffsets' : 'StripOffsets')
  const [across, down] = [image.getTileWidth(), image.getTileHeight()]
  const blocks = Math.ceil(width / across) * Math.ceil(height / down) * (image.planarConfiguration === 2 ? samples : 1)
  if (!(blocks <= offsets.length)) throw damaged('parts of the image are missing')
  if (across * down > maxPixels) throw damaged('a tile is larger than any image')
  if (Number(directory.getValue('Compression')) !== 7) return
  const counts = await numbers(image.isTiled ? 'TileByteCounts' : 'StripByteCounts')
  for (const [index, offset] of offsets.entries()) {
    const size = frameSize(await file.read(offset, Math.min(file.size, offset + (counts[index] ?? 0))))
    // Blocks are padded to multiples of 8 or 16.
    if (!size || size.width > across + 16 || size.height > down + 16) throw damaged('a JPEG block has the wrong size')
  }
}
