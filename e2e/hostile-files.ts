/** Files of every supported kind that lie, end too early or hold nothing, and odd but valid ones. */
import { encode as encodePng } from 'fast-png'
import { gzipSync, zipSync } from 'fflate'
import { encode as encodeJpeg } from 'jpeg-js'
import { makeDicom } from '../src/data/dicom.test-support'
import { join, makeNifti, makeNpy, makeTiff } from '../src/data/volumes.test-support'
import { greys, huge, png } from './phantom'

export interface Made {
  name: string
  bytes: Uint8Array<ArrayBuffer>
}

type Bytes = Uint8Array<ArrayBuffer>

const text = (content: string): Bytes => new TextEncoder().encode(content)
const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes)
const gz = (bytes: Uint8Array): Bytes => own(gzipSync(bytes, { mtime: 0 }))

const flat = greys.flat()
const nrrd = (sizes: string, data: Uint8Array) =>
  join(text(`NRRD0004\ntype: uchar\ndimension: 3\nsizes: ${sizes}\nencoding: gzip\n\n`), gzipSync(data, { mtime: 0 }))
const mha = (sizes: string, data: Uint8Array) =>
  join(
    text(`ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = ${sizes}\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n`),
    data,
  )
const dicom = (rows: number, columns: number) =>
  makeDicom({ instance: '1.2.3.77', rows, columns, pixels: Int16Array.from(flat.slice(0, 480)) }).read()

/** One good file of each kind, by extension. */
async function goodFiles(): Promise<Map<string, Bytes>> {
  const nifti = makeNifti([20, 24, 1], flat, 'u1')
  const npy = makeNpy([24, 20], flat, 'u1')
  const rgba = Buffer.from(flat.flatMap((v) => [v, v, v, 255]))
  return new Map([
    ['png', own(png('a', (x, y) => greys[y]![x]!, 20, 24).buffer)],
    ['jpg', own(encodeJpeg({ width: 20, height: 24, data: rgba }, 90).data)],
    ['tif', makeTiff([greys, greys], 'u1', { deflate: true })],
    ['nii', nifti],
    ['nii.gz', gz(nifti)],
    ['npy', npy],
    ['npz', own(zipSync({ 'image.npy': npy }))],
    ['nrrd', nrrd('20 24 1', Uint8Array.from(flat))],
    ['mha', mha('20 24 1', Uint8Array.from(flat))],
    ['dcm', await dicom(24, 20)],
    ['zip', own(zipSync({ 'inside.npy': npy }))],
  ])
}

/** A zip whose list names one packed file many times: small to send, large to unpack. */
function zipBomb(megabytes: number, times: number): Bytes {
  const zip = zipSync({ 'a.npy': [new Uint8Array(megabytes * 2 ** 20), { level: 9 }] })
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  const end = zip.length - 22
  const [length, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)]
  const entry = zip.slice(start, start + length)
  const entries = Array.from({ length: times }, (_, i) => {
    const one = entry.slice()
    one[46] = 33 + i
    return one
  })
  const tail = zip.slice(end)
  const tailView = new DataView(tail.buffer)
  tailView.setUint16(8, times, true)
  tailView.setUint16(10, times, true)
  tailView.setUint32(12, length * times, true)
  return join(zip.slice(0, start), ...entries, tail)
}

/** A JPEG that claims the largest possible size. */
function hugeJpeg(jpeg: Bytes): Bytes {
  const bytes = jpeg.slice()
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0)
  bytes.set([255, 255, 255, 255], at + 5)
  return bytes
}

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (Math.imul(i + 7, 2654435761) >>> 13) & 255)

/** At least a hundred unreadable files. No name is part of another. */
export async function hostileFiles(): Promise<Made[]> {
  const good = await goodFiles()
  const files: Made[] = []
  const add = (name: string, bytes: Uint8Array) => files.push({ name, bytes: own(bytes) })
  for (const [ending, bytes] of good) {
    // A DICOM file may lack its preamble, and a TIFF may keep its list at the end: these shares always cut off something.
    for (const share of [0.01, 0.1, 0.3, 0.6, 0.9])
      add(`cut-${share * 100}.${ending}`, bytes.subarray(0, Math.max(1, Math.floor(bytes.length * share))))
    const strange = bytes.slice()
    strange.fill(0x21, 0, Math.min(strange.length, 400))
    add(`magic.${ending}`, strange)
    add(`empty.${ending}`, new Uint8Array(0))
    add(`zeros.${ending}`, new Uint8Array(1000))
  }
  const nifti = (change: (view: DataView) => void) => {
    const bytes = makeNifti([20, 24, 1], flat, 'u1')
    change(new DataView(bytes.buffer))
    return bytes
  }
  add('huge.png', huge('', 20_000, 20_000).buffer)
  add('most.png', huge('', 2 ** 31 - 1, 2 ** 31 - 1).buffer)
  add('none.png', huge('', 0, 5).buffer)
  add('lies.jpg', hugeJpeg(good.get('jpg')!))
  add('huge.tif', makeTiff([greys], 'u1', { tags: { 256: 20_000, 257: 20_000 } }))
  add('strip.tif', makeTiff([greys], 'u1', { tags: { 279: 2 ** 32 - 2 } }))
  add('huge.nii', makeNifti([1024, 1024, 4096], [], 'f4'))
  add('huge.nii.gz', gz(join(makeNifti([1024, 1024, 4096], [], 'f4'), new Uint8Array(100))))
  add(
    'negative.nii',
    nifti((view) => view.setInt16(42, -20, true)),
  )
  add(
    'beyond.nii',
    nifti((view) => view.setFloat32(108, 1e9, true)),
  )
  add(
    'code.nii',
    nifti((view) => view.setInt16(70, 999, true)),
  )
  add('huge.npy', makeNpy([100_000, 100_000], [], 'f8'))
  add('axes.npy', makeNpy([1, 1, 1, 1, 2, 2], [1, 2, 3, 4], 'u1'))
  add('huge.nrrd', nrrd('9999 9999 99', Uint8Array.from(flat)))
  add('more.nrrd', nrrd('20 24 2', Uint8Array.from(flat)))
  add('huge.mha', mha('9999 9999 99', Uint8Array.from(flat)))
  add('more.mha', mha('20 24 2', Uint8Array.from(flat)))
  add('lies.dcm', await dicom(65_535, 65_535))
  add('bomb.nii.gz', gz(join(makeNifti([1024, 1024, 1000], [], 'f4'), new Uint8Array(16 * 2 ** 20))))
  add('zeros.tar.gz', gz(new Uint8Array(4 * 2 ** 20)))
  add('russian.nii.gz', gz(gz(makeNifti([20, 24, 1], flat, 'u1'))))
  add('bomb.zip', zipBomb(16, 80))
  add('nothing.zip', zipSync({}))
  add('deep.zip', zipSync({ 'deeper.zip': zipSync({ 'deepest.zip': zipSync({ 'a.npy': makeNpy([24, 20], flat, 'u1') }) }) }))
  for (const [name, start] of Object.entries({ 'x.gif': 'GIF89a', 'x.bmp': 'BM', 'x.pdf': '%PDF-1.7', 'x.hdr': '\x5c\x01\0\0' }))
    add(name, join(text(start), noise(300)))
  add('script.svg', text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))
  add('<img src=x onerror=alert(1)>.png', text('<img src=x onerror=alert(2)>'))
  add('"><script>alert(3)<.script>.dcm', noise(700))
  add('\u202egnp.annot.exe', noise(700))
  add('ü 图像 🫀.tif', noise(700))
  add(`${'long-'.repeat(45)}.nii`, noise(700))
  add('__proto__', noise(700))
  add('constructor', text('{"__proto__": {"polluted": true}}'))
  return files
}

/** Odd but valid files, all images. */
export function oddFiles(): Made[] {
  const nan = flat.map((v, i) => (i % 7 === 0 ? NaN : i % 11 === 0 ? Infinity : v))
  const wide = makeNifti([20, 24, 1], flat, 'u1')
  new DataView(wide.buffer).setFloat32(80, 0.2, true)
  new DataView(wide.buffer).setFloat32(84, 3, true)
  const soft = Uint8Array.from({ length: 20 * 24 * 4 }, (_, i) => (i % 4 === 3 ? (i * 5) % 256 : flat[i >> 2]!))
  return [
    { name: 'one.png', bytes: own(png('', () => 7, 1, 1).buffer) },
    { name: 'line.png', bytes: own(png('', (x) => x, 30, 1).buffer) },
    { name: 'flat.png', bytes: own(png('', () => 90).buffer) },
    { name: 'nan.nii', bytes: makeNifti([20, 24, 1], nan, 'f4') },
    { name: 'only-nan.nii', bytes: makeNifti([20, 24, 1], new Array<number>(480).fill(NaN), 'f4') },
    { name: 'wide.nii', bytes: wide },
    { name: 'soft.png', bytes: own(encodePng({ width: 20, height: 24, data: soft, channels: 4, depth: 8 })) },
    { name: 'liar.jpg', bytes: makeTiff([greys], 'u1') },
    { name: '<img src=x onerror=alert(4)>.npy', bytes: makeNpy([24, 20], flat, 'u1') },
    { name: 'up.zip', bytes: own(zipSync({ '../../../up.png': own(png('', (x) => 3 * x).buffer) })) },
  ]
}
