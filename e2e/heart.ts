/** A NIfTI volume of a heart, one cardiac phantom from one end to the other, for the specs. */
import { makePhantoms } from '../src/data/phantom'
import { makeVolume, type Affine } from '../src/data/volume'
import { writeNifti } from '../src/export/nifti'
import { upload, type UploadedFile } from './phantom'

/** Millimetres between voxels of an oblique one. */
export const spacing = [1.5, 1.2, 4] as const

/** Turned by 0.4 about the axis from right to left, and about that from feet to head; rows run to the front. */
export function oblique(aboutHeight = 0): Affine {
  const [c, s, d, t] = [Math.cos(0.4), Math.sin(0.4), Math.cos(aboutHeight), Math.sin(aboutHeight)]
  const rotation = [
    [d, -t * c, t * s],
    [t, d * c, -d * s],
    [0, s, c],
  ]
  return rotation.map((row, r) => [...row.map((v, k) => v * spacing[k]!), [-70, 31, 8][r]!]) as unknown as Affine
}

/** @returns its true labels, "heart.nii", and what writes labels as a mask of it */
export function makeHeart(side: number, slices: number, affine: Affine | null = null) {
  const pixels = side * side
  const { slices: pictures } = makePhantoms('cardiac', { seed: 4, patients: 1, slicesPerPatient: slices, size: side })
  const samples = new Int16Array(pixels * slices)
  const labels = new Uint8Array(pixels * slices)
  pictures.forEach(({ image, labels: own }, k) => {
    samples.set(image.pixels, k * pixels)
    labels.set(own.labels, k * pixels)
  })
  const source = makeVolume({ name: 'heart.nii', kind: 'nifti', size: [side, side, slices, 1], samples, affine })
  const file = (name: string, of: Int16Array | Uint8Array): UploadedFile =>
    upload(name, writeNifti({ size: source.size, samples: of, source, intent: of === samples ? 'none' : 'label', description: '' }))
  return { labels, image: file('heart.nii', samples), maskFile: (name: string, of: Uint8Array) => file(name, of) }
}
