/** TensorFlow.js keeps convolution kernels as height, width, input, output; PyTorch as output, input, height, width. */
export type Hwio = readonly [height: number, width: number, input: number, output: number]

/** A kernel of shape [h, w, i, o] in PyTorch's order [o, i, h, w]. */
export function toOihw(data: Float32Array, [h, w, i, o]: Hwio): Float32Array<ArrayBuffer> {
  const out = new Float32Array(h * w * i * o)
  for (let p = 0, from = 0; p < h * w; p++)
    for (let a = 0; a < i; a++) for (let b = 0; b < o; b++) out[(b * i + a) * h * w + p] = data[from++]!
  return out
}

/** The inverse: values in the order [o, i, h, w] to the order [h, w, i, o]. The shape is given as [h, w, i, o] here too. */
export function toHwio(data: Float32Array, [h, w, i, o]: Hwio): Float32Array<ArrayBuffer> {
  const out = new Float32Array(h * w * i * o)
  for (let p = 0, to = 0; p < h * w; p++) for (let a = 0; a < i; a++) for (let b = 0; b < o; b++) out[to++] = data[(b * i + a) * h * w + p]!
  return out
}
