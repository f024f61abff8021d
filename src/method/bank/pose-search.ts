import FFT from 'fft.js'
import { bilinear, poseOf, widened, type Pose } from './pose'

/** Least variance of an image under the template, as a share of the template's pixels: a flat place must not seem to match. */
const leastVariance = 1e-3

/** A template at one rotation and scale, and what correlating with it needs. */
interface Template {
  rotation: number
  scale: number
  /** Spectrum of Z + i M, conjugated as correlation wants it, for the image itself. */
  both: Float64Array
  /** Spectrum of M, conjugated. */
  mask: Float64Array
  /** Sum of M. */
  n: number
  /** Sum of M (T - mean)^2. */
  energy: number
}

/** Two-dimensional Fourier transforms of `side` x `side` complex numbers. */
class Fourier {
  private readonly fft: FFT
  private readonly line: Float64Array
  private readonly out: Float64Array
  constructor(readonly side: number) {
    this.fft = new FFT(side)
    this.line = new Float64Array(2 * side)
    this.out = new Float64Array(2 * side)
  }

  /** In place. @param columns which columns are needed of the result; those of a forward transform are all */
  transform(data: Float64Array, inverse: boolean, columns?: readonly number[]): void {
    const { side, fft, line, out } = this
    for (let y = 0; y < side; y++) {
      const row = data.subarray(2 * side * y, 2 * side * (y + 1))
      line.set(row)
      if (inverse) fft.inverseTransform(out, line)
      else fft.transform(out, line)
      row.set(out)
    }
    const all = columns ?? Array.from({ length: side }, (_, x) => x)
    for (const x of all) {
      for (let y = 0; y < side; y++) {
        line[2 * y] = data[2 * (side * y + x)]!
        line[2 * y + 1] = data[2 * (side * y + x) + 1]!
      }
      if (inverse) fft.inverseTransform(out, line)
      else fft.transform(out, line)
      for (let y = 0; y < side; y++) {
        data[2 * (side * y + x)] = out[2 * y]!
        data[2 * (side * y + x) + 1] = out[2 * y + 1]!
      }
    }
  }
}

/** Where an atlas lies in an image. */
export interface Found {
  pose: Pose
  /** Normalised cross-correlation there, -1..1. */
  score: number
}

/**
 * Looks for an atlas in other images: masked normalised cross-correlation over all given rotations and scales and all shifts up to `reach`,
 * by Fourier transforms (Padfield 2012, "Masked object registration in the Fourier domain", with a mask on the template alone).
 */
export class PoseSearch {
  private readonly templates: Template[] = []
  private readonly fourier: Fourier
  private readonly centre: [number, number]
  /** The shifts looked at along one axis, and where the transform has them. */
  private readonly places: number[]

  /**
   * @param image size x size
   * @param labels of the same shape; all that is not 0 is what is looked for, with a rim of 4/64 of the side
   * @param rotations degrees
   * @param reach the largest shift, pixels
   */
  constructor(
    image: Float32Array,
    labels: Uint8Array,
    private readonly size: number,
    rotations: readonly number[],
    scales: readonly number[],
    private readonly reach: number,
  ) {
    this.fourier = new Fourier(2 ** Math.ceil(Math.log2(size + reach)))
    const { side } = this.fourier
    this.places = Array.from({ length: 2 * reach + 1 }, (_, i) => (i - reach + side) % side)
    const wide = Float32Array.from(
      widened(
        Uint8Array.from(labels, (l) => (l > 0 ? 1 : 0)),
        size,
        Math.round(size / 16),
      ),
    )
    let [sum, sx, sy] = [0, 0, 0]
    for (let i = 0; i < wide.length; i++) {
      sum += wide[i]!
      sx += wide[i]! * (i % size)
      sy += wide[i]! * Math.floor(i / size)
    }
    this.centre = [sx / sum, sy / sum]
    for (const rotation of rotations) for (const scale of scales) this.templates.push(this.template(image, wide, rotation, scale))
  }

  private template(image: Float32Array, wide: Float32Array, rotation: number, scale: number): Template {
    const { size, fourier, centre } = this
    const { side } = fourier
    const [a, b, c, d, e, f] = poseOf(rotation, scale, centre)
    const values = new Float64Array(size * size)
    const mask = new Float64Array(size * size)
    let [n, sum] = [0, 0]
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        const [u, v] = [a * x + b * y + c, d * x + e * y + f]
        mask[i] = u < 0 || v < 0 || u > size - 1 || v > size - 1 ? 0 : bilinear(wide, size, u, v)
        values[i] = bilinear(image, size, u, v)
        n += mask[i]!
        sum += mask[i]! * values[i]!
      }
    const mean = sum / n
    const both = new Float64Array(2 * side * side)
    const alone = new Float64Array(2 * side * side)
    let energy = 0
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        const off = values[i]! - mean
        const at = 2 * (side * y + x)
        energy += mask[i]! * off * off
        both[at] = mask[i]! * off
        // Conjugating the spectrum of Z - i M gives the conjugate spectra of Z and of M, the latter times i.
        both[at + 1] = -mask[i]!
        alone[at] = mask[i]!
      }
    for (const spectrum of [both, alone]) {
      fourier.transform(spectrum, false)
      for (let k = 1; k < spectrum.length; k += 2) spectrum[k] = -spectrum[k]!
    }
    return { rotation, scale, both, mask: alone, n, energy }
  }

  /** The best pose of the atlas in an image of the same size. */
  find(image: Float32Array): Found {
    const { size, fourier, places, reach, centre } = this
    const { side } = fourier
    const mean = image.reduce((sum, v) => sum + v, 0) / image.length
    const once = new Float64Array(2 * side * side)
    const squared = new Float64Array(2 * side * side)
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        const v = image[i]! - mean
        once[2 * (side * y + x)] = v
        squared[2 * (side * y + x)] = v * v
      }
    fourier.transform(once, false)
    fourier.transform(squared, false)
    const product = new Float64Array(2 * side * side)
    const squares = new Float64Array(2 * side * side)
    let best: Found & { template: Template; tx: number; ty: number } = {
      pose: poseOf(0, 1, centre),
      ...{ score: -1, template: this.templates[0]!, tx: 0, ty: 0 },
    }
    for (const template of this.templates) {
      multiply(product, once, template.both)
      multiply(squares, squared, template.mask)
      fourier.transform(product, true, places)
      fourier.transform(squares, true, places)
      const { n, energy } = template
      for (let j = 0; j < places.length; j++)
        for (let i = 0; i < places.length; i++) {
          const at = 2 * (side * places[j]! + places[i]!)
          const sum = product[at + 1]!
          const variance = Math.max(squares[at]! - (sum * sum) / n, leastVariance * n)
          const score = product[at]! / Math.sqrt(energy * variance)
          if (score > best.score) best = { ...best, score, template, tx: i - reach, ty: j - reach }
        }
    }
    const { rotation, scale } = best.template
    return { pose: poseOf(rotation, scale, centre, best.tx, best.ty), score: best.score }
  }
}

/** The products of complex numbers, one by one. */
function multiply(out: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let k = 0; k < out.length; k += 2) {
    out[k] = a[k]! * b[k]! - a[k + 1]! * b[k + 1]!
    out[k + 1] = a[k]! * b[k + 1]! + a[k + 1]! * b[k]!
  }
}
