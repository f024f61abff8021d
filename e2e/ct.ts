import { makeNifti } from '../src/data/volumes.test-support'

/** Four slices of a body of soft tissue in air, with an organ, in Hounsfield units; and the organ. */
export function makeCT() {
  const cells = Array.from({ length: 32 * 32 * 4 }, (_, i) => Math.hypot((i % 32) - 16, (Math.floor(i / 32) % 32) - 16))
  return {
    image: makeNifti(
      [32, 32, 4],
      cells.map((r, i) => (r > 13 ? -1000 : r < 5 ? 120 : 10) + (i % 7)),
      'i2',
    ),
    mask: makeNifti(
      [32, 32, 4],
      cells.map((r, i) => Number(r < 5 && i < 1024)),
      'u1',
    ),
  }
}
