/** Plain convolutions on Float32Array, written to be obviously right: what the fast kernels are checked against. */

/**
 * Sizes of a two-dimensional convolution without dilation. Images are NHWC, filters HWIO; `padTop` and `padLeft` are rows and columns of
 * zeros before the image, the rest of the padding follows from the output size.
 */
export interface ConvSizes {
  batch: number
  inHeight: number
  inWidth: number
  inChannels: number
  outHeight: number
  outWidth: number
  outChannels: number
  filterHeight: number
  filterWidth: number
  strideHeight: number
  strideWidth: number
  padTop: number
  padLeft: number
}

/** Calls `visit` with the flat indices (x, filter, y) of every product that a convolution of these sizes adds up. */
function eachProduct(s: ConvSizes, visit: (x: number, w: number, y: number) => void): void {
  for (let b = 0; b < s.batch; b++)
    for (let row = 0; row < s.outHeight; row++)
      for (let col = 0; col < s.outWidth; col++)
        for (let kr = 0; kr < s.filterHeight; kr++)
          for (let kc = 0; kc < s.filterWidth; kc++) {
            const inRow = row * s.strideHeight + kr - s.padTop
            const inCol = col * s.strideWidth + kc - s.padLeft
            if (inRow < 0 || inRow >= s.inHeight || inCol < 0 || inCol >= s.inWidth) continue
            const x = ((b * s.inHeight + inRow) * s.inWidth + inCol) * s.inChannels
            const w = (kr * s.filterWidth + kc) * s.inChannels * s.outChannels
            const y = ((b * s.outHeight + row) * s.outWidth + col) * s.outChannels
            for (let i = 0; i < s.inChannels; i++) for (let o = 0; o < s.outChannels; o++) visit(x + i, w + i * s.outChannels + o, y + o)
          }
}

/** y[b, r, c, o] = sum of x[b, r·stride + kr − pad, c·stride + kc − pad, i] · w[kr, kc, i, o]. */
export function conv2dTwin(x: Float32Array, w: Float32Array, s: ConvSizes): Float32Array {
  const y = new Float64Array(s.batch * s.outHeight * s.outWidth * s.outChannels)
  eachProduct(s, (xi, wi, yi) => (y[yi]! += x[xi]! * w[wi]!))
  return Float32Array.from(y)
}

/** Gradient of the convolution for x, given the gradient `dy` for y. */
export function conv2dBackpropInputTwin(dy: Float32Array, w: Float32Array, s: ConvSizes): Float32Array {
  const dx = new Float64Array(s.batch * s.inHeight * s.inWidth * s.inChannels)
  eachProduct(s, (xi, wi, yi) => (dx[xi]! += dy[yi]! * w[wi]!))
  return Float32Array.from(dx)
}

/** Gradient of the convolution for the filter, given the gradient `dy` for y. */
export function conv2dBackpropFilterTwin(x: Float32Array, dy: Float32Array, s: ConvSizes): Float32Array {
  const dw = new Float64Array(s.filterHeight * s.filterWidth * s.inChannels * s.outChannels)
  eachProduct(s, (xi, wi, yi) => (dw[wi]! += x[xi]! * dy[yi]!))
  return Float32Array.from(dw)
}
