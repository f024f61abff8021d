declare module 'fft.js' {
  /** Complex numbers lie as real part, imaginary part. */
  export default class FFT {
    /** @param size a power of two above 1 */
    constructor(size: number)
    transform(out: Float64Array, data: Float64Array): void
    /** Divides by the size. */
    inverseTransform(out: Float64Array, data: Float64Array): void
  }
}
