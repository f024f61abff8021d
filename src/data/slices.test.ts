import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alignment, gridOfBoth } from './alignment'
import { extentOf, labelsOf, mirrorOf, placeOf, planeOf, putSlice, sidesOf, sliceOf, usualAxis } from './slices'
import { makeVolume, obliquenessOf, orientationOf, spacingOf, type Affine, type Volume } from './volume'

/** Index to millimetres along the given directions, e.g. "LPS", with these spacings. */
function affineOf(letters: string, spacing: readonly number[]): Affine {
  const rows = [0, 1, 2].map(() => [0, 0, 0, 0])
  ;[...letters].forEach((letter, axis) => {
    const direction = 'RLAPSI'.indexOf(letter) >> 1
    rows[direction]![axis] = spacing[axis]! * ('RAS'.includes(letter) ? 1 : -1)
  })
  return rows as unknown as Affine
}

const volumeOf = (size: Volume['size'], affine: Affine | null, kind: Volume['kind'] = 'nifti') =>
  makeVolume({
    ...{ name: 'v', kind, size, affine, spacing: affine && spacingOf(affine) },
    samples: Float32Array.from({ length: size[0] * size[1] * size[2] * size[3] }, (_, i) => i),
  })

const orientations = fc
  .tuple(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()))
  .map(([order, flips]) => order.map((direction) => 'RLAPSI'[2 * direction + Number(flips[direction])]!).join(''))
const sizes = fc.tuple(...([1, 2, 3, 4] as const).map(() => fc.integer({ min: 1, max: 4 })))
const axes = fc.constantFrom(0, 1, 2)

test('orientation and spacing are those the affine was made from', () => {
  fc.assert(
    fc.property(orientations, (letters) => {
      const affine = affineOf(letters, [2, 3, 5])
      expect(orientationOf(affine)).toBe(letters)
      expect(spacingOf(affine)).toEqual([2, 3, 5])
    }),
  )
})

test('pictures lie as radiologists view them, whatever the order of the voxels', () => {
  fc.assert(
    fc.property(orientations, axes, (letters, axis) => {
      const volume = volumeOf([2, 3, 4, 1], affineOf(letters, [1, 1, 1]))
      const { right, bottom } = sidesOf(volume, planeOf(volume, axis))!
      const through = letters[axis]!
      expect(right + bottom).toBe(/[SI]/.test(through) ? 'LP' : /[AP]/.test(through) ? 'LI' : 'PI')
    }),
  )
})

test('a pixel is the voxel at its position: a patient gives the same picture, however stored', () => {
  const [right, front, up] = [0.7, 1.3, 2.9]
  fc.assert(
    fc.property(orientations, axes, (letters, axis) => {
      const length = { R: 2, L: 2, A: 3, P: 3, S: 4, I: 4 } as Record<string, number>
      const size = [...letters].map((letter) => length[letter]!)
      // Grey values grow to the patient's right, front and head.
      const grow = (letter: string, i: number) => ('RAS'.includes(letter) ? i : length[letter]! - 1 - i)
      const step: Record<string, number> = { R: right, L: right, A: front, P: front, S: up, I: up }
      const samples = new Float32Array(24)
      for (let k = 0, at = 0; k < size[2]!; k++)
        for (let j = 0; j < size[1]!; j++)
          for (let i = 0; i < size[0]!; i++, at++)
            samples[at] = [i, j, k].reduce((sum, index, a) => sum + step[letters[a]!]! * grow(letters[a]!, index), 0)
      const volume = makeVolume({
        ...{ name: 'v', kind: 'nrrd', samples, affine: affineOf(letters, [1, 1, 1]) },
        size: [size[0]!, size[1]!, size[2]!, 1],
      })
      const plane = planeOf(volume, axis)
      const { pixels, width, height } = sliceOf(volume, plane, 0, 0)
      const [across, down] = [pixels[1]! - pixels[0]!, pixels[width]! - pixels[0]!]
      const through = letters[axis]!
      const expected = /[SI]/.test(through) ? [-right, -front, 2, 3] : /[AP]/.test(through) ? [-right, -up, 2, 4] : [-front, -up, 3, 4]
      expect([across, down]).toEqual([expect.closeTo(expected[0]!, 4), expect.closeTo(expected[1]!, 4)])
      expect([width, height]).toEqual(expected.slice(2))
    }),
  )
})

/** Turned about the axis from feet to head, by degrees. */
function turned(affine: Affine, degrees: number): Affine {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const [x, y, z] = affine
  return [x.map((v, i) => c * v - s * y[i]!), x.map((v, i) => s * v + c * y[i]!), z] as unknown as Affine
}

test('an oblique volume is as oblique as it was turned, and keeps its letters up to half a right angle', () => {
  fc.assert(
    fc.property(orientations, fc.integer({ min: -44, max: 44 }), (letters, degrees) => {
      const affine = turned(affineOf(letters, [2, 3, 5]), degrees)
      expect(orientationOf(affine)).toBe(letters)
      expect(obliquenessOf(affine)).toBeCloseTo(Math.abs(degrees), 4)
    }),
  )
})

test('every pixel of a picture lies where its voxel does', () => {
  const size = [2, 3, 4, 1] as const
  fc.assert(
    fc.property(orientations, axes, fc.nat(3), fc.integer({ min: -44, max: 44 }), (letters, axis, at, degrees) => {
      const [x, y, z] = turned(affineOf(letters, [2, 3, 5]), degrees)
      const affine: Affine = [[x[0], x[1], x[2], -7], [y[0], y[1], y[2], 11], z]
      const volume = volumeOf(size, affine)
      const [plane, slice] = [planeOf(volume, axis), at % size[axis]]
      const { origin, across, down } = placeOf(volume, plane, slice)!
      // The values are the numbers of the voxels.
      const { width, pixels } = sliceOf(volume, plane, slice, 0)
      pixels.forEach((voxel, pixel) => {
        const index = [voxel % 2, Math.floor(voxel / 2) % 3, Math.floor(voxel / 6)]
        const [column, row] = [pixel % width, Math.floor(pixel / width)]
        for (const r of [0, 1, 2] as const) {
          const there = affine[r][3] + affine[r][0] * index[0]! + affine[r][1] * index[1]! + affine[r][2] * index[2]!
          expect(origin[r] + column * across[r] + row * down[r]).toBeCloseTo(there, 4)
        }
      })
    }),
  )
  expect(placeOf(volumeOf([2, 2, 2, 1], null), planeOf(volumeOf([2, 2, 2, 1], null), 2), 0)).toBeNull()
})

test('cutting all slices and putting them back gives the volume', () => {
  fc.assert(
    fc.property(sizes, fc.option(orientations), axes, (size, letters, axis) => {
      const volume = volumeOf(size as unknown as Volume['size'], letters === null ? null : affineOf(letters, [1, 2, 3]))
      const labels = Uint8Array.from(volume.samples)
      const plane = planeOf(volume, axis)
      const [back, values] = [new Uint8Array(labels.length), new Float32Array(labels.length)]
      for (let slice = 0; slice < extentOf(volume, plane).slices; slice++)
        for (let frame = 0; frame < size[3]; frame++) {
          putSlice(volume, back, plane, slice, frame, labelsOf(volume, labels, plane, slice, frame).labels)
          putSlice(volume, values, plane, slice, frame, sliceOf(volume, plane, slice, frame).pixels)
        }
      expect(back).toEqual(labels)
      expect(values).toEqual(volume.samples)
    }),
  )
})

test('DICOM stays as acquired, cut along its thick slices', () => {
  const dicom = volumeOf([2, 3, 4, 1], affineOf('RAI', [1, 1, 8]), 'dicom')
  expect(planeOf(dicom, 2)).toEqual({ axis: 2, across: 0, down: 1, flipAcross: false, flipDown: false })
  expect(usualAxis(dicom)).toBe(2)
  expect(usualAxis(volumeOf([9, 9, 9, 1], affineOf('ASL', [6, 1, 1])))).toBe(0)
  expect(usualAxis(volumeOf([9, 9, 9, 1], affineOf('ASL', [1, 1, 1])))).toBe(2)
})

test('by a distance of slices that the file does not say, nothing is cut or measured', () => {
  const volume: Volume = { ...volumeOf([9, 8, 7, 1], null, 'tiff'), spacing: [3, 2, 1], stepKnown: false }
  expect([usualAxis(volume), usualAxis({ ...volume, stepKnown: true })]).toEqual([2, 0])
  const spacings = ([0, 1, 2] as const).map((axis) => extentOf(volume, planeOf(volume, axis)).spacing)
  expect(spacings).toEqual([null, null, [3, 2]])
})

test('grey values: rescaled, inverted, coloured, with non-numbers replaced', () => {
  const one = (own: Partial<Volume> & Pick<Volume, 'samples'>) => {
    const volume = makeVolume({ name: 'v', kind: 'dicom', size: [2, 1, 1, 1], ...own })
    return [...sliceOf(volume, planeOf(volume, 2), 0, 0).pixels]
  }
  expect(one({ samples: Int16Array.of(1, 2), slope: 2, intercept: -1024 })).toEqual([-1022, -1020])
  expect(one({ samples: Uint8Array.of(0, 250), inverted: true })).toEqual([255, 5])
  expect(one({ samples: Uint16Array.of(0, 65535), inverted: true })).toEqual([65535, 0])
  expect(one({ samples: Int16Array.of(-32768, 0), inverted: true })).toEqual([32767, -1])
  for (const samples of [Uint8Array.of(3, 250), Uint16Array.of(3, 65535), Int16Array.of(-32768, 3), Float32Array.of(-2, 3)]) {
    const inverted = makeVolume({ name: 'v', kind: 'dicom', size: [2, 1, 1, 1], samples, slope: 2, intercept: 5, inverted: true })
    const sums = Array.from(samples, (v, i) => 2 * v + 5 + one({ samples, slope: 2, intercept: 5, inverted: true })[i]!)
    expect(sums).toEqual([mirrorOf(inverted), mirrorOf(inverted)])
  }
  expect(one({ samples: Float32Array.of(NaN, -3) })).toEqual([-3, -3])
  expect(one({ samples: Float32Array.of(NaN, Infinity) })).toEqual([0, 0])
  expect(one({ samples: Uint8Array.of(255, 0, 0, 9, 0, 255, 0, 9), channels: 4, alpha: true })[1]).toBeCloseTo(149.685, 3)
  expect(
    one({
      samples: Uint8Array.of(1, 0),
      palette: [
        [0, 0, 0],
        [10, 10, 10],
      ],
    }),
  ).toEqual([expect.closeTo(10, 4), 0])
})

describe('alignment', () => {
  test('finds every voxel by position, however a grid is stored', () => {
    fc.assert(
      fc.property(orientations, orientations, (a, b) => {
        const spacing = { R: 2, L: 2, A: 3, P: 3, S: 5, I: 5 } as Record<string, number>
        const grid = (letters: string) =>
          volumeOf(
            [3, 3, 3, 1],
            affineOf(
              letters,
              [...letters].map((l) => spacing[l]!),
            ),
          )
        const [from, to] = [grid(a), grid(b)]
        const place = alignment(from, to)!
        const millimetres = ({ affine }: Volume, index: number[]) =>
          affine!.map((row) => index.reduce((sum, i, c) => sum + row[c]! * i, row[3]!) + 0)
        for (const index of [
          [0, 0, 0],
          [1, 2, 0],
          [2, 1, 2],
        ] as [number, number, number][])
          millimetres(to, place(...index)).forEach((v, r) => expect(v).toBeCloseTo(millimetres(from, index)[r]!, 9))
      }),
    )
  })

  test('refuses other spacings, half voxels and turned grids', () => {
    const base = affineOf('RAS', [1, 1, 1])
    const to = volumeOf([8, 8, 8, 1], base)
    const moved = (change: (m: number[][]) => void) => {
      const m = base.map((row) => [...row])
      change(m)
      return alignment(volumeOf([8, 8, 8, 1], m as unknown as Affine), to)
    }
    expect(moved(() => undefined)!(1, 2, 3)).toEqual([1, 2, 3])
    expect(moved((m) => (m[0]![3] = 4))!(1, 2, 3)).toEqual([5, 2, 3])
    expect(moved((m) => (m[0]![3] = 0.5))).toBeNull()
    expect(moved((m) => (m[1]![1] = 1.2))).toBeNull()
    expect(moved((m) => ((m[0]![0] = 0.9), (m[0]![1] = 0.43), (m[1]![0] = -0.43), (m[1]![1] = 0.9)))).toBeNull()
  })

  test('how thick a single slice is says nothing', () => {
    const axial = (step: number, slices = 1, z = 0) =>
      volumeOf([4, 4, slices, 1], affineOf('RAS', [1, 1, step]).map((row, r) => [...row.slice(0, 3), r === 2 ? z : 0]) as unknown as Affine)
    const at = (from: Volume, to: Volume) => alignment(from, to)?.(1, 2, 0) ?? null
    expect(at(axial(1), axial(5))).toEqual([1, 2, 0])
    expect(at(axial(5), axial(1))).toEqual([1, 2, 0])
    expect(at(axial(-1), axial(5))).toEqual([1, 2, 0])
    // On the third of several slices, and that slice on the single one.
    expect(at(axial(1, 1, 10), axial(5, 3))).toEqual([1, 2, 2])
    expect(alignment(axial(5, 3), axial(1, 1, 10))!(1, 2, 2)).toEqual([1, 2, 0])
    // At another place than a single one, which no thickness of theirs measures.
    expect([at(axial(5), axial(1, 1, 25)), at(axial(1, 1, 25), axial(5))]).toEqual([null, null])
    // Between slices, with other pixels, and across.
    expect(at(axial(1, 1, 7), axial(5, 3))).toBeNull()
    expect(at(axial(5, 3), axial(1, 1, 7))).toBeNull()
    expect(at(volumeOf([4, 4, 1, 1], affineOf('RAS', [2, 1, 5])), axial(1))).toBeNull()
    expect(at(volumeOf([4, 4, 1, 1], affineOf('RSA', [1, 1, 3])), axial(3))).toBeNull()
    const { size, affine } = gridOfBoth(axial(1, 1, 10), axial(5, 3))!
    expect([size, affine!.map((row) => row[2] * 2 + row[3])]).toEqual([
      [4, 4, 3, 1],
      [0, 0, 10],
    ])
  })

  test('a grid is extended at either end to hold another', () => {
    const to = volumeOf([3, 3, 3, 1], affineOf('RAS', [2, 3, 5]))
    const at = (slice: number, slices: number) => {
      const moved = affineOf('LAS', [2, 3, 5]).map((row, r) => [row[0], row[1], row[2], row[3] + [4, 0, 5 * slice][r]!])
      return volumeOf([3, 3, slices, 1], moved as unknown as Affine)
    }
    const held = (other: Volume) => {
      const { size, affine } = gridOfBoth(to, other)!
      return [size, affine!.map(([, , , origin]) => origin)]
    }
    expect(gridOfBoth(to, at(0, 2))).toBe(to)
    expect(held(at(-2, 3))).toEqual([
      [3, 3, 5, 1],
      [0, 0, -10],
    ])
    expect(held(at(1, 4))).toEqual([
      [3, 3, 5, 1],
      [0, 0, 0],
    ])
    expect(held(at(-1, 9))).toEqual([
      [3, 3, 9, 1],
      [0, 0, -5],
    ])
    expect(gridOfBoth(to, at(0.5, 3))).toBeNull()
    expect(gridOfBoth(to, at(2 ** 30, 3))).toBeNull()
  })

  test('without geometry the sizes decide', () => {
    const plain = volumeOf([2, 3, 1, 1], null)
    expect(alignment(plain, volumeOf([2, 3, 1, 1], null))!(1, 2, 0)).toEqual([1, 2, 0])
    expect(alignment(plain, volumeOf([3, 2, 1, 1], null))).toBeNull()
  })
})
