import type { Random } from '../lib/random'

const clamp = (v: number) => (v < 0 ? 0 : v > 1 ? 1 : v)

/** Gaussian blur of a square image, kernel radius 4, edges repeated. `sigma` in pixels; 0 returns a copy. */
export function blur(image: Float32Array, size: number, sigma: number): Float32Array<ArrayBuffer> {
  if (sigma <= 0) return Float32Array.from(image)
  const kernel = Array.from({ length: 9 }, (_, i) => Math.exp(-((i - 4) ** 2) / (2 * sigma * sigma)))
  const total = kernel.reduce((a, b) => a + b, 0)
  const across = new Float32Array(size * size)
  const out = new Float32Array(size * size)
  const at = (i: number) => Math.min(size - 1, Math.max(0, i))
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      let sum = 0
      for (let k = -4; k <= 4; k++) sum += kernel[k + 4]! * image[y * size + at(x + k)]!
      across[y * size + x] = sum / total
    }
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      let sum = 0
      for (let k = -4; k <= 4; k++) sum += kernel[k + 4]! * across[at(y + k) * size + x]!
      out[y * size + x] = sum / total
    }
  return out
}

export interface StrongRange {
  /** Brightness and contrast factors lie within 1 ± jitter. */
  jitter: number
  /** Largest blur sigma, pixels. */
  blur: number
  /** Largest noise sigma. */
  noise: number
}

/**
 * Strong perturbation A_s of one weak view in [0, 1]: brightness and contrast (p 0.8), blur (p 0.5), gamma 0.6-1.6 (p 0.3), Gaussian
 * noise (p 0.3). Photometric only, so the view stays aligned with the weak one pixel by pixel.
 */
export function perturbStrongly(image: Float32Array, size: number, random: Random, range: StrongRange): Float32Array {
  let x = Float32Array.from(image)
  if (random.chance(0.8)) {
    const brightness = random.uniform(1 - range.jitter, 1 + range.jitter)
    const contrast = random.uniform(1 - range.jitter, 1 + range.jitter)
    let mean = 0
    for (let i = 0; i < x.length; i++) mean += x[i] = clamp(x[i]! * brightness)
    mean /= x.length
    for (let i = 0; i < x.length; i++) x[i] = clamp(contrast * x[i]! + (1 - contrast) * mean)
  }
  if (random.chance(0.5) && range.blur > 0) x = blur(x, size, random.uniform(range.blur / 4, range.blur))
  if (random.chance(0.3)) {
    const gamma = random.uniform(0.6, 1.6)
    for (let i = 0; i < x.length; i++) x[i] = x[i]! ** gamma
  }
  if (random.chance(0.3)) {
    const sigma = random.uniform(0, range.noise)
    for (let i = 0; i < x.length; i++) x[i] = clamp(x[i]! + sigma * random.normal())
  }
  return x
}

/** Gamma, gain and offset drawn for one exemplar or pasted image; strength 1 is the measured range, 0 changes nothing. */
export function varyIntensity(image: Float32Array, random: Random, strength: number): Float32Array {
  const gamma = Math.exp(random.uniform(-0.4, 0.4) * strength)
  const gain = 1 + random.uniform(-0.3, 0.3) * strength
  const offset = random.uniform(-0.1, 0.1) * strength
  return image.map((v) => clamp(v ** gamma * gain + offset))
}
