/** How numbers become grey: a window's centre is mid grey, its lower end black, its upper end white. */

/** How values are shown: black at center - width / 2 and below, white at center + width / 2 and above, in the file's units. */
export interface GreyWindow {
  center: number
  width: number
}

/**
 * Paints numbers as grey. @param to as many pixels as there are numbers
 * @param window a width of 0 or less makes black and white, parted at the centre
 */
export function paintWindow(to: Pick<ImageData, 'data'>, numbers: Float32Array, { center, width }: GreyWindow): void {
  // One store of 32 bits a pixel: three times as fast as four of 8, and an image may have 16 million.
  const words = new Uint32Array(to.data.buffer, to.data.byteOffset, numbers.length)
  const scale = 255 / Math.max(width, 1e-12)
  for (let i = 0; i < numbers.length; i++) {
    const v = (numbers[i]! - center) * scale + 127.5
    const grey = v > 0 ? (v < 255 ? Math.round(v) : 255) : 0
    words[i] = 0xff000000 | (grey * 0x010101)
  }
}

/** A step for a spin button or slider over a range: about a thousandth, 1, 2 or 5 times a power of ten. */
export function stepOf(range: number): number {
  if (!(range > 0)) return 1
  const rough = range / 1000
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * 0.999)!
  // Not 0.30000000000000004.
  return Number((factor * power).toPrecision(1))
}

/** The number as a form shows it, with six significant digits: more is noise of the arithmetic. */
export const rounded = (v: number): number => Number(v.toPrecision(6))

/** Least and greatest of many numbers; 0 and 1 where there are none. */
export function rangeOf(numbers: Float32Array): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity]
  for (const v of numbers) {
    if (v < min) min = v
    if (v > max) max = v
  }
  return min <= max ? { min, max } : { min: 0, max: 1 }
}
