import { Random } from '../../lib/random'
import { blur } from '../intensity'
import type { Atlas } from './demons'

/**
 * A thick-walled ring with a second structure beside it, on an uneven ground: not symmetric under any turn.
 * @param place where a pixel lies in it
 */
export function drawn(size: number, place: (x: number, y: number) => [number, number] = (x, y) => [x, y]): Atlas {
  const image = new Float32Array(size * size)
  const labels = new Uint8Array(size * size)
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i++) {
      const [u, v] = place(x, y).map((p) => ((p + 0.5) * 64) / size - 0.5) as [number, number]
      const r = Math.hypot(u - 34, v - 30)
      const beside = Math.hypot((u - 20) / 1.2, (v - 33) / 1.8)
      const label = r < 5 ? 1 : r < 9 ? 2 : beside < 4 ? 3 : 0
      labels[i] = label
      image[i] = [0.25 + 0.1 * Math.sin(u / 7) * Math.cos(v / 9), 0.9, 0.4, 0.75][label]!
    }
  return { image: blur(image, size, (1.2 * size) / 64), labels }
}

export const noisy = (image: Float32Array, key: number, sigma = 0.02) => {
  const random = new Random(key, 'bank')
  return image.map((v) => v + random.uniform(-sigma, sigma))
}
