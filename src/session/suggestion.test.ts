import { expect, test } from 'vitest'
import { makeVolume, type Volume } from '../data/volume'
import { Random } from '../lib/random'
import { defaults, takenOf } from '../method/config'
import { emptyDataset, type Dataset } from './dataset'
import { withVolumes } from './given-volumes'
import { openedPicture } from './opened-picture'
import { sampleDataset } from './samples'
import { isHounsfield, suggestionFor } from './suggestion'

const size = [16, 16, 2, 1] as const

/** A volume of noise, the outer quarter of its columns of one value and the rest around others by thirds. */
function body(outside: number, inside: readonly number[], more: Partial<Volume> = {}): Volume {
  const random = new Random(0, 'body')
  const samples = Float32Array.from({ length: 512 }, (_, i) => {
    const x = i % 16
    return Math.round(x < 4 ? outside : inside[Math.floor(((x - 4) / 12) * inside.length)]! + random.uniform(-20, 20))
  })
  return makeVolume({ name: 'a.nii', kind: 'nifti', size, samples, ...more })
}
const ct = (more?: Partial<Volume>) => body(-1024, [-800, 50, 600], more)

test('Hounsfield units are known by what DICOM says, else by air and soft tissue', () => {
  expect(isHounsfield(ct())).toBe(true)
  // Stored with an offset, as DICOM does.
  const stored = Uint16Array.from(ct().samples, (v) => v + 1024)
  expect(isHounsfield(ct({ samples: stored, intercept: -1024 }))).toBe(true)
  expect(isHounsfield(ct({ samples: stored.slice() }))).toBe(false)
  const mr = body(0, [200, 400, 900])
  expect(isHounsfield(mr)).toBe(false)
  expect(isHounsfield({ ...mr, modality: 'CT' })).toBe(true)
  expect(isHounsfield(ct({ modality: 'MR' }))).toBe(false)
  expect(isHounsfield(ct({ inverted: true }))).toBe(false)
  // Normalised: a deviation of one about zero; and something far above anything in a body.
  expect(isHounsfield(body(-1, [0, 1, 2]))).toBe(false)
  expect(isHounsfield(body(-1024, [40, 20_000]))).toBe(false)
})

/** With the columns `from` to `to` of the first slice annotated. */
function annotatedCT(from: number, to: number): Dataset {
  const samples = Uint8Array.from({ length: 512 }, (_, i) => Number(i < 256 && i % 16 >= from && i % 16 < to))
  const mask = makeVolume({ name: 'a_seg.nii', kind: 'nifti', size, samples })
  return withVolumes(emptyDataset, [
    { role: 'exemplar-image', volume: ct() },
    { role: 'exemplar-mask', volume: mask },
  ]).dataset
}

test('CT gets small rotations, and the window that shows what is annotated', () => {
  const windowOf = (dataset: Dataset) => {
    const { windowCenter, windowWidth } = suggestionFor(dataset, defaults)!.values
    return [windowCenter, windowWidth]
  }
  expect(suggestionFor(annotatedCT(8, 12), defaults)).toEqual({
    what: 'CT, soft tissue',
    values: { windowCenter: 40, windowWidth: 400, exemplarRotation: 15, weakRotation: 15, atlasRotation: 15 },
  })
  expect(windowOf(annotatedCT(4, 8))).toEqual([-600, 1500])
  expect(windowOf(annotatedCT(12, 16))).toEqual([400, 1800])
  const bare = withVolumes(emptyDataset, [{ role: 'unlabeled', volume: ct() }]).dataset
  expect(windowOf(bare)).toEqual([40, 400])
})

test('nothing is suggested for a sample, for no data, or if one image is not CT', () => {
  expect(suggestionFor(emptyDataset, defaults)).toBeNull()
  expect(suggestionFor(sampleDataset('Abdominal phantom'), defaults)).toBeNull()
  const mixed = withVolumes(emptyDataset, [
    { role: 'unlabeled', volume: ct() },
    { role: 'unlabeled', volume: { ...body(0, [200, 400]), name: 'b.nii' } },
  ]).dataset
  expect(mixed.sources).toHaveLength(2)
  expect(suggestionFor(mixed, defaults)).toBeNull()
})

test('oblique slices, as of a heart, get wide ranges; those that lie as a body does get none', () => {
  /** Turned about the left-right axis. */
  const turned = (degrees: number): Volume => {
    const [c, n] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
    const affine: Volume['affine'] = [
      [1, 0, 0, 0],
      [0, c, -n, 0],
      [0, n, c, 0],
    ]
    return body(0, [200, 400, 900], { name: `${degrees}.nii`, affine })
  }
  const suggested = (...volumes: Volume[]) =>
    suggestionFor(
      withVolumes(
        emptyDataset,
        volumes.map((volume) => ({ role: 'unlabeled' as const, volume })),
      ).dataset,
      defaults,
    )
  const values = { exemplarRotation: 75, exemplarScale: 1.7 }
  expect(suggested(turned(40), turned(30))).toEqual({ what: 'oblique slices, as of a heart', values })
  expect(suggested(turned(40), turned(10))).toBeNull()
  expect(suggested(turned(40), body(0, [200, 400]))).toBeNull()
})

test('small structures get images in which they have nine pixels, unless larger ones are asked for', () => {
  const side = 256
  const stored = { kind: 'nifti', size: [side, side, 1, 1] as const } as const
  const withDisk = (radius: number) =>
    withVolumes(emptyDataset, [
      { role: 'exemplar-image', volume: makeVolume({ ...stored, name: 'a.nii', samples: new Float32Array(side * side).fill(1) }) },
      {
        role: 'exemplar-mask',
        volume: makeVolume({
          ...{ ...stored, name: 'a_seg.nii' },
          samples: Uint8Array.from({ length: side * side }, (_, i) =>
            Number(Math.hypot((i % side) - 128, Math.floor(i / side) - 128) < radius),
          ),
        }),
      },
    ]).dataset
  expect(suggestionFor(withDisk(12), defaults)).toBeNull()
  const small = suggestionFor(withDisk(4), defaults)!
  expect(small).toEqual({ what: 'small structures', values: { size: 128 } })
  // Half of the image, seen at the same size, shows it twice as large.
  expect(suggestionFor(withDisk(4), { ...defaults, crop: 0.5 })).toBeNull()
  const none = () => false
  expect(takenOf(small.values, defaults, none)).toEqual({ size: 128 })
  expect(takenOf(small.values, { ...defaults, size: 192 }, none)).toEqual({})
  expect(takenOf(small.values, defaults, (key) => key === 'size')).toEqual({})
})

test('CT is opened in a window for soft tissue, unless its file has one, and other images in their own range', async () => {
  const windowOf = async (volume: Volume) => {
    const dataset = withVolumes(emptyDataset, [{ role: 'unlabeled', volume }]).dataset
    const { window, presets } = await openedPicture(dataset, dataset.unlabeled[0]!, () => Promise.resolve(null), false)
    return { center: window.center, width: window.width, presets: presets.map(({ name }) => name) }
  }
  const names = ['Soft tissue', 'Lung', 'Bone', 'Brain', 'Liver', 'This image']
  expect(await windowOf(ct())).toEqual({ center: 40, width: 400, presets: names })
  expect(await windowOf(ct({ window: { center: -500, width: 1400 } }))).toEqual({ center: -500, width: 1400, presets: names })
  const mr = await windowOf(body(0, [200, 400, 900]))
  expect(mr.presets).toEqual(['This image'])
  expect(mr.center).toBeGreaterThan(300)
})
