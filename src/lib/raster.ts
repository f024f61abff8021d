/** A grey image in row-major order; units are whatever the file holds until the session normalises them to [0, 1]. */
export interface Raster {
  width: number
  height: number
  pixels: Float32Array<ArrayBuffer>
}

/** One class index per pixel in row-major order; 0 is background. */
export interface LabelMap {
  width: number
  height: number
  labels: Uint8Array<ArrayBuffer>
}
