/** Small PNG files for the specs: two nested ellipses on a gradient, a new place and size for each patient. */
import type { Page } from '@playwright/test'
import { encode } from 'fast-png'
import { chunk } from '../src/data/files.test-support'
import { expect, expectState } from './lab'

export interface UploadedFile {
  name: string
  mimeType: string
  buffer: Buffer
}

export const width = 48
export const height = 40

export const upload = (name: string, bytes: Uint8Array, mimeType = ''): UploadedFile => ({ name, mimeType, buffer: Buffer.from(bytes) })

/** A grey PNG; `value` gives the grey of a pixel. */
export function png(name: string, value: (x: number, y: number) => number, w = width, h = height): UploadedFile {
  const data = Uint8Array.from({ length: w * h }, (_, i) => value(i % w, Math.floor(i / w)))
  return upload(name, encode({ width: w, height: h, data, channels: 1, depth: 8 }), 'image/png')
}

/** Class of a pixel of one patient: 0 outside, 1 in the ring, 2 within. */
function classAt(patient: number, x: number, y: number): number {
  const dx = (x - 22 - (patient % 3) * 2) / (13 + (patient % 2))
  const dy = (y - 19 - (patient % 4)) / 11
  const r = Math.hypot(dx, dy)
  return r > 1 ? 0 : r > 0.6 ? 1 : 2
}

export const image = (patient: number, name = `p${patient}_1.png`): UploadedFile =>
  png(name, (x, y) => [40, 110, 200][classAt(patient, x, y)]! + ((x * 7 + y * 13 + patient * 5) % 17) + y / 4)

export const mask = (patient: number, name = `p${patient}_mask.png`): UploadedFile => png(name, (x, y) => classAt(patient, x, y))

export const unlabeled = (n = 6): UploadedFile[] => Array.from({ length: n }, (_, i) => image(i + 1))

export const text = (name: string): UploadedFile => upload(name, new TextEncoder().encode('This is not an image.\n'), 'text/plain')

/** A valid PNG but for its size: the header says so, and no pixels follow. */
export function huge(name: string, w: number, h: number): UploadedFile {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(w, 0)
  header.writeUInt32BE(h, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const bytes = [
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', header),
    ...chunk('IDAT', Buffer.from([0x78, 0x9c, 3, 0, 0, 0, 0, 1])),
    ...chunk('IEND', Buffer.alloc(0)),
  ]
  return upload(name, Uint8Array.from(bytes), 'image/png')
}

/** Greys of a picture of 20 x 24 pixels, row by row, for files of other formats. */
export const greys = Array.from({ length: 24 }, (_, y) => Array.from({ length: 20 }, (_, x) => (x * 37 + y * 91) % 251))

export const choose = (page: Page, label: string, files: UploadedFile | UploadedFile[]): Promise<void> =>
  page.getByLabel(label, { exact: true }).setInputFiles(files)

/** Drops files on the page, or on a place of it that shows itself while they are over it. */
export async function drop(page: Page, files: UploadedFile[], place?: string): Promise<void> {
  // A list of numbers would take seconds for a run.
  const data = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, text: buffer.toString('base64') }))
  const transfer = await page.evaluateHandle((list) => {
    const dataTransfer = new DataTransfer()
    for (const { name, mimeType, text } of list) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
      dataTransfer.items.add(new File([bytes], name, { type: mimeType }))
    }
    return dataTransfer
  }, data)
  const main = page.locator('body')
  await main.dispatchEvent('dragenter', { dataTransfer: transfer })
  const over = place === undefined ? null : page.getByText(place)
  // It shows itself a moment later.
  if (over) await expect(over).toBeVisible()
  const box = await over?.boundingBox()
  const at = box ? { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 } : {}
  for (const type of ['dragover', 'drop']) await main.dispatchEvent(type, { dataTransfer: transfer, ...at })
}

/** What was given to the inputs has been read, and the page could start: that alone may still be said of the data before. */
export async function expectRead(page: Page): Promise<void> {
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toHaveAttribute('aria-busy', 'false', { timeout: 60_000 })
  await expectState(page, 'ready')
}

/** The page shows what `loadOwnFiles` loaded, and could start. */
export async function expectOwnFiles(page: Page, timeout = 15_000): Promise<void> {
  await expect(page.getByText(`mine_1.png, ${width} × ${height}`)).toBeVisible({ timeout })
  await expect(page.getByText('6 images of 6 patients')).toBeVisible({ timeout })
  await expectState(page, 'ready')
}

/** A mask of a structure that is too small for the networks. */
export const tooSmall = (): UploadedFile => png('mine_1_mask.png', (x, y) => (x > 20 && x < 24 && y > 18 && y < 22 ? 1 : 0))

/** An exemplar, its mask and six images through the file inputs. */
export async function loadOwnFiles(page: Page, own = mask(0, 'mine_1_mask.png')): Promise<void> {
  await choose(page, 'Exemplar image', image(0, 'mine_1.png'))
  await choose(page, 'Exemplar mask', own)
  await choose(page, 'Unlabeled images', unlabeled())
  await expectOwnFiles(page)
}
