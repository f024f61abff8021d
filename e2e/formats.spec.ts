import type { Page } from '@playwright/test'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'fflate'
import { readDicom } from '../src/data/dicom'
import { segmentationOn } from '../src/data/dicom-seg'
import { arraysFor } from '../src/data/file-roles'
import { fromBytes, type GivenFile } from '../src/data/given-file'
import { setPipelineFiles } from '../src/data/itk-pipeline'
import { readFiles } from '../src/data/read-files'
import { extentOf, mirrorOf, planeOf, sliceOf, usualAxis } from '../src/data/slices'
import { makeNpy, readTestNpy } from '../src/data/volumes.test-support'
import { summariseVolume } from '../src/data/volume-summary'
import { makeVolume, saidSpacing, type Volume } from '../src/data/volume'
import { writeSegNrrd } from '../src/export/seg-nrrd'
import { placeSegmentations } from '../src/session/given-files'
import type { SourceInfo } from '../src/worker/protocol'
import { pipelineFiles } from '../scripts/itk-pipelines.mjs'
import { expect, open, test, tiny } from './lab'
import { choose, upload } from './phantom'
import { datasetOf, exactNumbers, exactPictures, spyOnWorker, untilTaken, type ExactPicture } from './worker-spy'

setPipelineFiles(pipelineFiles)

const formats = '../shared/data/formats'
const bytesOf = (path: string) => new Uint8Array(readFileSync(path))
const hashOf = (pixels: Float32Array) => createHash('sha256').update(new Uint8Array(pixels.buffer)).digest('hex')

/** The images of a volume as decoded by Node, in the order of the page. */
function picturesIn(volume: Volume): Omit<ExactPicture, 'source' | 'name'>[] {
  const plane = planeOf(volume, usualAxis(volume))
  const { width, height, slices } = extentOf(volume, plane)
  const frames = volume.kind === 'dicom' ? volume.size[3] : 1
  return Array.from({ length: slices * frames }, (_, i) => ({
    width,
    height,
    sha256: hashOf(sliceOf(volume, plane, Math.floor(i / frames), i % frames).pixels),
  }))
}

/** Gives files to the page as images, and compares everything its worker decodes with Node. */
/** The values of a volume as in its pictures: inverted if large values mean dark. */
function asShown(volume: Volume) {
  const { min, max, mean, labels } = summariseVolume(volume)
  const sum = mirrorOf(volume)
  return sum === null ? { min, max, mean, labels } : { min: sum - max, max: sum - min, mean: sum - mean, labels }
}

async function expectAsInNode(page: Page, files: { name: string; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Map<string, ExactPicture[]>> {
  const { volumes: read, problems } = await readFiles(files.map(({ name, bytes }): GivenFile => fromBytes(name, bytes)))
  // Labels in the same file as their image are not images.
  const volumes = await placeSegmentations(arraysFor('unlabeled', read).volumes, [])
  await spyOnWorker(page)
  await open(page, tiny)
  await untilTaken(page, () =>
    choose(
      page,
      'Unlabeled images',
      files.map(({ name, bytes }) => upload(name, bytes)),
    ),
  )

  for (const { message } of problems) await expect(page.getByRole('alert').filter({ hasText: message })).toHaveCount(1)
  await expect(page.getByRole('alert')).toHaveCount(problems.length)

  const { sources } = await datasetOf(page)
  const told = ({ name, kind, size, spacing, notes }: Pick<SourceInfo, 'name' | 'kind' | 'size' | 'spacing' | 'notes'>) =>
    JSON.stringify({ name, kind, size, spacing, notes })
  expect(sources.map(told)).toEqual(volumes.map((volume) => told({ ...volume, spacing: saidSpacing(volume) })))

  const numbers = await exactNumbers(
    page,
    sources.map(({ id }) => id),
  )
  expect(numbers.map(({ min, max, mean, labels }, i) => [volumes[i]!.name, { min, max, mean, labels }])).toEqual(
    volumes.map((volume) => [volume.name, asShown(volume)]),
  )

  const pictures = await exactPictures(page)
  const bySource = sources.map(({ id }) => pictures.filter(({ source }) => source === id))
  expect(bySource.map((some, i) => [volumes[i]!.name, some.map(({ width, height, sha256 }) => ({ width, height, sha256 }))])).toEqual(
    volumes.map((volume) => [volume.name, picturesIn(volume)]),
  )
  return new Map(sources.map(({ name }, i) => [name, bySource[i]!]))
}

test.describe('reference files', () => {
  test.skip(!existsSync(formats), 'NOT CHECKED: the reference files are not next to the repository')

  test('every one is decoded in the page as in Node, and pictures are their references', async ({ page }) => {
    const paths = [formats, join(formats, 'ct3slice_seg')].flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(folder, entry.name)] : [])),
    )
    expect(paths.length).toBeGreaterThan(60)
    const files = paths.map((path) => ({ name: basename(path), bytes: bytesOf(path) }))
    const pictures = await expectAsInNode(page, files)
    expect(pictures.size).toBeGreaterThan(55)

    // Against arrays written by other programs, read without the code under test.
    const references = paths.filter((path) => path.endsWith('.tif.npy') && !/rgb|jpeg|miniswhite/.test(path))
    expect(references.length).toBeGreaterThan(10)
    for (const path of references) {
      const { shape, data } = readTestNpy(bytesOf(path))
      const area = shape.at(-1)! * shape.at(-2)!
      const expected = Array.from({ length: data.length / area }, (_, k) => hashOf(Float32Array.from(data.slice(k * area, (k + 1) * area))))
      const name = basename(path, '.npy')
      expect([name, pictures.get(name)!.map(({ sha256 }) => sha256)]).toEqual([name, expected])
    }
    const gray16 = readTestNpy(bytesOf(join(formats, 'gray16.npy')))
    expect(pictures.get('gray16.png')![0]!.sha256).toBe(hashOf(Float32Array.from(gray16.data)))
    const white = readTestNpy(bytesOf(join(formats, 'miniswhite.tif.npy')))
    expect(pictures.get('miniswhite.tif')![0]!.sha256).toBe(hashOf(Float32Array.from(white.data, (v) => 255 - v)))
  })

  test('a palette mask gives its indices, with the right pixel counts', async ({ page }) => {
    await open(page, tiny)
    await choose(page, 'Exemplar image', upload('u8.tif', bytesOf(join(formats, 'u8.tif'))))
    const { data } = readTestNpy(bytesOf(join(formats, 'indexed.npy')))
    const count = (value: number) => data.filter((v) => v === value).length.toLocaleString('en-US')
    for (const name of ['indexed.png', 'indexed4.png']) {
      await choose(page, 'Exemplar mask', upload(name, bytesOf(join(formats, name))))
      const rows = page.getByRole('table', { name: 'Values in the mask file' }).getByRole('row')
      await expect(rows).toHaveCount(5)
      for (const value of [0, 1, 2, 7]) await expect(rows.filter({ hasText: new RegExp(`^${value}${count(value)}\\D`) })).toHaveCount(1)
    }
    await choose(page, 'Exemplar mask', upload('onebit.png', bytesOf(join(formats, 'onebit.png'))))
    await expect(page.getByRole('table', { name: 'Values in the mask file' }).getByRole('row')).toHaveCount(3)
  })

  test('a DICOM SEG lies on its series', async ({ page }) => {
    const folder = join(formats, 'ct3slice_seg')
    const files = readdirSync(folder).map((name) => fromBytes(`ct3slice_seg/${name}`, bytesOf(join(folder, name))))
    const { volumes } = await readDicom(files)
    const [image, seg] = ['dicom', 'dicom-seg'].map((kind) => volumes.find((volume) => volume.kind === kind)!)
    const placed = await segmentationOn(seg!, image!)
    const marked = placed[0]!.labels.filter((l) => l > 0).length
    expect(marked).toBeGreaterThan(100)

    await spyOnWorker(page)
    await open(page, tiny)
    await untilTaken(page, () => page.getByLabel('Folder', { exact: true }).setInputFiles(folder))
    await expect(page.getByRole('alert')).toHaveCount(0)
    const { classes, sources } = await datasetOf(page)
    expect(sources.map(({ size }) => size)).toEqual([image!.size])
    expect(classes.map(({ name, pixels }) => [name, pixels])).toEqual([
      ['background', expect.any(Number)],
      [seg!.segments[0]!.name, marked],
    ])
  })
})

const text = (content: string) => new TextEncoder().encode(content)
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

test('NRRD, seg.nrrd, MHA and npy are decoded in the page as in Node', async ({ page }) => {
  const samples = Int16Array.from({ length: 20 * 16 * 3 }, (_, i) => ((i * 7919) % 4001) - 2000)
  const raw = new Uint8Array(samples.buffer)
  const nrrd = `NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 20 16 3\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\nkinds: domain domain domain\nendian: little\nencoding: gzip\nspace origin: (1,2,3)\n\n`
  const mha = `ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.5 0.5 2\nDimSize = 20 16 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`
  const source = makeVolume({ name: 'a', kind: 'nrrd', size: [20, 16, 3, 1], samples, spacing: [0.5, 0.5, 2] })
  const labels = Uint8Array.from(samples, (v) => (v > 1000 ? 2 : v > 0 ? 1 : 0))
  const classes = ['background', 'a', 'b'].map((name) => ({ name, color: '#ff8000' }))
  const pictures = await expectAsInNode(page, [
    { name: 'a.nrrd', bytes: joined(text(nrrd), gzipSync(raw)) },
    { name: 'b.mha', bytes: joined(text(mha), raw) },
    { name: 'c.seg.nrrd', bytes: writeSegNrrd(source, labels, 0, classes) },
    { name: 'd.npy', bytes: makeNpy([3, 16, 20], [...samples], 'i2') },
  ])
  const slice = (k: number, values: ArrayLike<number>) => hashOf(Float32Array.from(Array.from(values).slice(320 * k, 320 * (k + 1))))
  for (const name of ['a.nrrd', 'b.mha', 'd.npy'])
    expect([name, pictures.get(name)!.map(({ sha256 }) => sha256)]).toEqual([name, [0, 1, 2].map((k) => slice(k, samples))])
  expect(pictures.get('c.seg.nrrd')!.map(({ sha256 }) => sha256)).toEqual([0, 1, 2].map((k) => slice(k, labels)))
})
