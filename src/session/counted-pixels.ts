/** How often each class occurs; unknown pixels are left out. */
export function countedPixels(labels: ArrayLike<number>, classes: number): number[] {
  const pixels = new Array<number>(classes).fill(0)
  for (let i = 0; i < labels.length; i++) if (labels[i]! < classes) pixels[labels[i]!]!++
  return pixels
}
