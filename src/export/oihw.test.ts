import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHwio, toOihw } from './oihw'

const shape = fc.tuple(...([1, 2, 3, 4] as const).map(() => fc.integer({ min: 1, max: 4 })))

test('each value goes to its place, and back', () => {
  fc.assert(
    fc.property(shape, ([h, w, i, o]) => {
      const hwio = [h!, w!, i!, o!] as const
      const data = Float32Array.from({ length: h! * w! * i! * o! }, (_, k) => k)
      const turned = toOihw(data, hwio)
      for (let y = 0; y < h!; y++)
        for (let x = 0; x < w!; x++)
          for (let a = 0; a < i!; a++)
            for (let b = 0; b < o!; b++) expect(turned[((b * i! + a) * h! + y) * w! + x]).toBe(data[((y * w! + x) * i! + a) * o! + b])
      expect(toHwio(turned, hwio)).toEqual(data)
    }),
  )
})
