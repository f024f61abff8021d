/** Twin for one image: alpha front + (1 - alpha) back. */
export function blend(front: Float32Array, back: Float32Array, alpha: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = alpha[i]! * front[i]! + (1 - alpha[i]!) * back[i]!
}
