import { Random } from '../../lib/random'

/** Numbers for one image: gamma, sigma of the noise, index of the first draw, and the stream's key in four parts. */
export const noiseLength = 7

/**
 * Twin for one image in [0, 1]: clamp(v^gamma + sigma z), gamma 1 and sigma 0 changing nothing. z of pixel i is the standard normal number
 * made from draws first + 2i and first + 2i + 1 of the key's stream.
 */
export function addNoise(image: Float32Array, out: Float32Array, numbers: ArrayLike<number>): void {
  const [gamma, sigma, first] = [numbers[0]!, numbers[1]!, numbers[2]!]
  if (gamma === 1) out.set(image)
  else for (let i = 0; i < image.length; i++) out[i] = image[i]! ** gamma
  if (sigma === 0) return
  const random = Random.fromKey([numbers[3]!, numbers[4]!, numbers[5]!, numbers[6]!], first)
  for (let i = 0; i < image.length; i++) {
    const v = out[i]! + sigma * random.normal()
    out[i] = v < 0 ? 0 : v > 1 ? 1 : v
  }
}
