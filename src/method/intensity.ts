import { blurImage } from '../kernels/blur/blur.twin'
import { jitterImage } from '../kernels/contrast/contrast.twin'
import { addNoise } from '../kernels/gamma-noise/gamma-noise.twin'
import type { Random } from '../lib/random'

/** A blurred copy of a square image: Gaussian of `sigma` pixels cut at a radius of 4, edges repeated. */
export function blur(image: Float32Array, size: number, sigma: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(size * size)
  blurImage(image, out, size, sigma)
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

/** A strong perturbation A_s as numbers. The numbers of an omitted part change nothing. */
export interface Strong {
  /** Factors of brightness and contrast; see src/kernels/contrast. */
  jitter: [number, number]
  /** Sigma of the blur, pixels. */
  blur: number
  /** Gamma, sigma of the noise, and its draws; see src/kernels/gamma-noise. */
  noise: number[]
}

/**
 * Draws a strong perturbation for a weak view: brightness and contrast (p 0.8), blur (p 0.5), gamma 0.6-1.6 (p 0.3), Gaussian noise (p 0.3).
 * Photometric only, so the view stays aligned with the weak one pixel by pixel. The following draws make the noise of its pixels.
 */
export function drawStrong(random: Random, range: StrongRange): Strong {
  const factor = () => random.uniform(1 - range.jitter, 1 + range.jitter)
  const jitter: [number, number] = random.chance(0.8) ? [factor(), factor()] : [1, 1]
  const blur = random.chance(0.5) && range.blur > 0 ? random.uniform(range.blur / 4, range.blur) : 0
  const gamma = random.chance(0.3) ? random.uniform(0.6, 1.6) : 1
  const sigma = random.chance(0.3) ? random.uniform(0, range.noise) : 0
  return { jitter, blur, noise: [gamma, sigma, random.position, ...random.parts] }
}

/** Applies a strong perturbation to an image in [0, 1]; returns a new one. */
export function applyStrong(image: Float32Array, size: number, { jitter, blur, noise }: Strong): Float32Array {
  const bright = new Float32Array(size * size)
  jitterImage(image, bright, ...jitter)
  const soft = new Float32Array(size * size)
  blurImage(bright, soft, size, blur)
  addNoise(soft, bright, noise)
  return bright
}

/** Draws a strong perturbation and applies it to an image in [0, 1]. */
export function perturbStrongly(image: Float32Array, size: number, random: Random, range: StrongRange): Float32Array {
  const strong = drawStrong(random, range)
  if (strong.noise[1] !== 0) random.skip(2 * size * size)
  return applyStrong(image, size, strong)
}

/** Gamma, gain and offset of v -> clamp(v^gamma gain + offset) for one exemplar or paste; strength 1 is the measured range, 0 changes nothing. */
export function drawTone(random: Random, strength: number): [gamma: number, gain: number, offset: number] {
  const gamma = Math.exp(random.uniform(-0.4, 0.4) * strength)
  const gain = 1 + random.uniform(-0.3, 0.3) * strength
  const offset = random.uniform(-0.1, 0.1) * strength
  return [gamma, gain, offset]
}
