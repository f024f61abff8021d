/** A user's volume for tests: a disc in a ring on four slices, further to the right in each, the second one annotated. */
import { fromBytes } from '../data/given-file'
import { makeVolume } from '../data/volume'
import { writeNifti } from '../export/nifti'

const [columns, rows, slices] = [40, 24, 4]
const pixels = columns * rows

/** NIfTI files of 1 x 1.5 x 5 mm, columns to the patient's left. @param degrees turned about the axis from feet to head */
export function discVolume(degrees = 0) {
  const samples = new Int16Array(pixels * slices)
  const labels = new Uint8Array(samples.length)
  for (let k = 0, i = 0; k < slices; k++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const r = Math.hypot(x - 20 - k, 1.5 * (y - 12))
        samples[i] = (r < 5 ? 220 : r < 9 ? 120 : 30) + ((x * 7 + y * 13 + k) % 11)
        labels[i] = r < 5 ? 2 : r < 9 ? 1 : 0
      }
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const affine = [
    [-c, s * 1.5, 0, 30],
    [-s, -c * 1.5, 0, -20],
    [0, 0, 5, 7],
  ] as const
  const source = makeVolume({ name: 'v.nii', kind: 'nifti', size: [columns, rows, slices, 1], samples, affine })
  const file = (name: string, of: Int16Array | Uint8Array) =>
    fromBytes(name, writeNifti({ size: source.size, samples: of, source, intent: of === samples ? 'none' : 'label', description: '' }))
  const annotated = labels.map((label, i) => (Math.floor(i / pixels) === 1 ? label : 0))
  return {
    ...{ labels, pixels, slices },
    ...{ image: file('v.nii', samples), mask: file('mask_v.nii', annotated), reference: file('v_reference.nii', labels) },
  }
}
