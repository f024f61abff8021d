/** A user's small files for tests: a disc in a ring, at another place in each picture. */
import { makePng } from '../data/files.test-support'
import { fromBytes, type GivenFile } from '../data/given-file'
import type { FileRole } from './events'
import type { RoleFile } from './given-files'

/** A disc of value 2 in a ring of value 1, moved by dx: the rows of an image, and of its mask. */
export function disc(dx: number, size = 40) {
  const rows = (f: (r: number) => number) =>
    Array.from({ length: size }, (_, y) => Array.from({ length: size + 8 }, (_, x) => f(Math.hypot(x - size / 2 - dx, y - size / 2))))
  return { image: rows((r) => (r < 6 ? 220 : r < 12 ? 120 : 30)), mask: rows((r) => (r < 6 ? 2 : r < 12 ? 1 : 0)) }
}

export const pngFile = (name: string, rows: number[][]): GivenFile => fromBytes(name, makePng(name, { rows }).bytes)

export const inRole = (role: FileRole | null, ...files: GivenFile[]): RoleFile[] => files.map((file) => ({ role, file }))

/** An annotated image. */
export const exemplar = [
  ...inRole('exemplar-image', pngFile('e_1.png', disc(0).image)),
  ...inRole('exemplar-mask', pngFile('e_1_mask.png', disc(0).mask)),
]

/** Images of other patients, to be given in any role. */
export const images = [-3, 2, 4].map((dx, i) => pngFile(`p${i}_1.png`, disc(dx).image))
