import { expect, it } from 'vitest'
import type { PictureId } from '../worker/protocol'
import { forgetThumbnails, takeThumbnails, thumbnails } from './thumbnails'

const [a, b]: PictureId[] = ['s/2/0/0', 's/2/1/0']
const picture = (id: PictureId, ...values: number[]) => [id, Uint8Array.from(values)] as [PictureId, Uint8Array<ArrayBuffer>]

it('keeps pictures and their annotations until they are gone or look different', () => {
  takeThumbnails({ size: 1, pixels: [picture(a!, 1), picture(b!, 2)], labels: [picture(a!, 3)], gone: [] })
  const first = thumbnails.getState()
  takeThumbnails({ size: 1, pixels: [], labels: [picture(b!, 4)], gone: [a!] })
  expect(thumbnails.getState()).toEqual({ [b!]: { size: 1, pixels: Uint8Array.of(2), labels: Uint8Array.of(4) } })
  expect(Object.keys(first)).toEqual([a, b])
  takeThumbnails({ size: 2, pixels: [picture(b!, 5, 5, 5, 5)], labels: [], gone: [] })
  expect(thumbnails.getState()[b!]).toEqual({ size: 2, pixels: Uint8Array.of(5, 5, 5, 5), labels: null })
  forgetThumbnails()
  expect(thumbnails.getState()).toEqual({})
})
