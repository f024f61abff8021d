const clamp = (v: number) => (v < 0 ? 0 : v > 1 ? 1 : v)

/**
 * Twin for one image in [0, 1]: b = clamp(brightness v), then clamp(contrast b + (1 - contrast) mean(b)), as torchvision's ColorJitter.
 * Factors of 1 change nothing.
 */
export function jitterImage(image: Float32Array, out: Float32Array, brightness: number, contrast: number): void {
  let mean = 0
  for (let i = 0; i < image.length; i++) mean += out[i] = clamp(image[i]! * brightness)
  mean /= image.length
  for (let i = 0; i < image.length; i++) out[i] = clamp(contrast * out[i]! + (1 - contrast) * mean)
}
