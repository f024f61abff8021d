import type { GeoTIFFImage, ImageFileDirectory } from 'geotiff'
import type { GivenFile } from './given-file'
import { checkVolume, maxPixels } from './image-size'
import { frameSize } from './jpeg-file'
import { InputError } from './input-error'
import { makeVolume, type Samples, type Triple, type Volume } from './volume'

const starts = [
  [0x49, 0x49, 42, 0],
  [0x4d, 0x4d, 0, 42],
  [0x49, 0x49, 43, 0],
  [0x4d, 0x4d, 0, 43],
]

/** TIFF and BigTIFF of either byte order. */
export const isTiff = (head: Uint8Array): boolean => starts.some((start) => start.every((byte, i) => head[i] === byte))

/** How the numbers of one page are meant; pages of a stack must have this in common. */
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
}

/**
 * Reads a TIFF: grey, palette (indices are kept) or colour; its pages, but for thumbnails, are the slices, or as OME-XML says frames. Numbers stay
 * as stored; MINISWHITE is said by `inverted`.
 * @throws InputError
 */
export async function readTiff(file: GivenFile): Promise<Volume> {
  const { name } = file
  try {
    return await readPages(file)
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`"${name}" is a TIFF that is damaged or cut short; copy it or save it again.`, name)
  }
}

async function readPages(file: GivenFile): Promise<Volume> {
  const { name } = file
  const { GeoTIFF } = await import('geotiff')
  const { bigEndianDirectories } = await import('./tiff-blocks')
  // The library's type names a class with more methods than it calls.
  const tiff = await GeoTIFF.fromSource(sourceOf(file) as never)
  // Else arrays that it fetches later are taken for little-endian, and allocated as large as the file says before they are fetched.
  ;(tiff as unknown as { parser: { eager: boolean } }).parser.eager = true

  const pages: Page[] = []
  const seen = new Set<number>()
  let thumbnails = 0
  for (let index = 0, next = 1; next !== 0; index++) {
    const image = await tiff.getImage(index)
    next = image.fileDirectory.nextIFDByteOffset
    if (seen.has(next)) throw new InputError(`"${name}" is a damaged TIFF: its pages go round in a circle; save it again.`, name)
    seen.add(next)
    if (Number(image.fileDirectory.getValue('NewSubfileType') ?? 0) & 1) {
      thumbnails++
      continue
    }
    if (!tiff.littleEndian) bigEndianDirectories.add(image.fileDirectory)
    pages.push(pageOf(image, tiff.littleEndian, name))
  }
  const [first] = pages
  if (!first) throw new InputError(`"${name}" is a TIFF without an image; save it again.`, name)
  const { width, height, bits, format, photometric } = first
  for (const page of pages) {
    if (page.width !== width || page.height !== height)
      throw new InputError(
        `"${name}" has pages of different sizes (${width} x ${height} and ${page.width} x ${page.height} pixels); save each as a file.`,
        name,
      )
    if (page.bits !== bits || page.format !== format || page.samples !== first.samples || page.photometric !== photometric)
      throw new InputError(`"${name}" has pages with different kinds of pixels; save each as a file.`, name)
  }
  const bytes = bits <= 8 ? 1 : bits <= 16 && format !== 3 ? 2 : bits <= 32 ? 4 : 8
  const { slices, frames, spacing, notes } = arrangement(String(valueOf(first.image.fileDirectory, 'ImageDescription') ?? ''), pages.length)
  const size = [width, height, slices, frames] as const
  checkVolume(name, size, first.samples * bytes)
  if (thumbnails > 0) notes.push(`${thumbnails} smaller ${thumbnails === 1 ? 'copy' : 'copies'} of the image in the file were left out.`)

  let samples: Samples | null = null
  for (const [index, page] of pages.entries()) {
    await checkBlocks(file, page)
    const raster = (await page.image.readRasters({ interleave: true })) as unknown as Samples
    // A copy only where there is more than one page.
    samples ??= pages.length === 1 ? raster : (new (raster.constructor as Uint8ArrayConstructor)(raster.length * pages.length) as Samples)
    if (pages.length > 1) samples.set(raster, index * raster.length)
  }
  return makeVolume({
    name,
    kind: 'tiff',
    size,
    samples: samples!,
    channels: first.samples as 1 | 2 | 3 | 4,
    alpha: first.alpha,
    palette: photometric === 3 ? paletteOf(first.image.fileDirectory) : [],
    inverted: photometric === 0,
    spacing,
    notes,
  })
}

/** Reads pieces for geotiff; a piece beyond the end of the file is refused before it is allocated. */
const sourceOf = (file: GivenFile) => ({
  fileSize: file.size,
  fetch: (slices: readonly { offset: number; length: number }[]) =>
    Promise.all(
      slices.map(async ({ offset, length }) => {
        // Where the library does not know a directory's length it asks for 1,024 or 4,048 bytes.
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

/** @throws InputError for what geotiff would read wrongly or not at all */
function pageOf(image: GeoTIFFImage, littleEndian: boolean, name: string): Page {
  const directory = image.fileDirectory
  const refuse = (what: string) =>
    new InputError(`"${name}" is a TIFF ${what}, which is not read here; save it uncompressed, as grey or RGB.`, name)
  const value = (tag: string) => {
    const found = valueOf(directory, tag)
    return found === undefined ? undefined : Number(found)
  }
  const samples = image.getSamplesPerPixel()
  const bitsOf = Array.from((directory.getValue('BitsPerSample') as ArrayLike<number> | undefined) ?? [1], Number)
  const formats = Array.from((directory.getValue('SampleFormat') as ArrayLike<number> | undefined) ?? [1], Number)
  const [bits, format] = [bitsOf[0], formats[0]]
  if (bits === undefined || format === undefined)
    throw new InputError(`"${name}" is a damaged TIFF: it does not say what its pixels are; save it again.`, name)
  const compression = value('Compression') ?? 1
  const photometric = value('PhotometricInterpretation') ?? 1
  const extra = (directory.getValue('ExtraSamples') as ArrayLike<number> | undefined)?.[0]
  const alpha = samples === 2 || samples === 4

  if (!read.includes(compression)) throw refuse(`with ${compressionNames[compression] ?? `unknown (${compression})`} compression`)
  if (![0, 1, 2, 3].includes(photometric) && !(photometric === 6 && compression === 7))
    throw refuse({ 5: 'in CMYK', 6: 'in YCbCr', 8: 'in CIELab' }[photometric] ?? `of an unusual kind (${photometric})`)
  if (bitsOf.some((other) => other !== bits) || formats.some((other) => other !== format)) throw refuse('with channels of different depths')
  const known = { 1: bits <= 16 || bits === 32, 2: [8, 16, 32].includes(bits), 3: [16, 32, 64].includes(bits) }[format]
  const odd = bits % 8 !== 0
  if (!(known && bits > 0) || (odd && (samples > 1 || value('FillOrder') === 2 || value('Predictor') === 2 || (bits > 8 && !littleEndian))))
    throw refuse(`with pixels of ${bits} bits`)
  if (compression === 7 && bits !== 8) throw refuse(`with ${bits}-bit JPEG compression`)
  if (
    !(samples >= 1 && samples <= 4) ||
    (alpha && extra === undefined) ||
    (samples === 2 && extra === 0) ||
    (photometric === 3 && samples > 1)
  )
    throw new InputError(`"${name}" has ${samples} channels for each pixel; save one of them, or RGB.`, name)
  return { image, width: image.getWidth(), height: image.getHeight(), bits, format, samples, photometric, alpha }
}

/** The library's types say that some tags are fetched later; here none is. */
const valueOf = (directory: ImageFileDirectory, tag: string): unknown => directory.getValue(tag as 'ImageWidth')

/** 16-bit colours, all reds first, to bytes. */
function paletteOf(directory: ImageFileDirectory): Triple[] {
  const map = valueOf(directory, 'ColorMap') as ArrayLike<number> | undefined
  const length = Math.floor((map?.length ?? 0) / 3)
  return Array.from({ length }, (_, i): Triple => [map![i]! >> 8, map![length + i]! >> 8, map![2 * length + i]! >> 8])
}

/** Slices and frames as the description says, which is OME-XML where a microscope wrote it; else every page is a slice. */
function arrangement(description: string, pages: number) {
  const attribute = (name: string) => new RegExp(`<Pixels[^>]*\\b${name}="([^"]*)"`).exec(description)?.[1]
  const count = (axis: string) => Number(attribute(`Size${axis}`) ?? 1)
  const plain = { slices: pages, frames: 1, spacing: null as Triple | null, notes: [] as string[] }
  if (!/<OME\b/.test(description)) return plain
  const steps = ['X', 'Y', 'Z'].map((axis) => lengthOf(attribute(`PhysicalSize${axis}`), attribute(`PhysicalSize${axis}Unit`)))
  if (steps[0]! > 0 && steps[1]! > 0) plain.spacing = [steps[0]!, steps[1]!, steps[2]! > 0 ? steps[2]! : 1]
  const others = count('T') * count('C')
  if (others === 1 || count('Z') * others !== pages) return plain
  // A film of one slice is a pile of images, as a stack is.
  if (count('Z') === 1) return { ...plain, notes: ['Its pages are times or channels of one slice.'] }
  if (attribute('DimensionOrder')?.startsWith('XYZ')) return { ...plain, slices: count('Z'), frames: others }
  return { ...plain, notes: ['Its pages mix slices with channels or times; each page was read as a slice.'] }
}

/** OME's lengths are in micrometres unless said otherwise. NaN where there is none. */
const lengthOf = (value: string | undefined, unit = 'µm'): number =>
  value === undefined ? NaN : Number(value) * ({ nm: 1e-6, µm: 1e-3, um: 1e-3, mm: 1, cm: 10, m: 1000 }[unit] ?? NaN)

/**
 * @throws InputError if there are fewer strips or tiles than the page needs, which may be millions that are not there, if one is larger than
 * any image, or if a JPEG in one says that it is larger than that: its decoder would believe it
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
  if (across * down > maxPixels) throw damaged('it says that a tile is larger than any image')
  if (Number(directory.getValue('Compression')) !== 7) return
  const counts = await numbers(image.isTiled ? 'TileByteCounts' : 'StripByteCounts')
  for (const [index, offset] of offsets.entries()) {
    const size = frameSize(await file.read(offset, Math.min(file.size, offset + (counts[index] ?? 0))))
    // Blocks are padded to multiples of 8 or 16.
    if (!size || size.width > across + 16 || size.height > down + 16) throw damaged('a block of JPEG in it has the wrong size')
  }
}
