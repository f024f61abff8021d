/** What masks of one image say: how much of it each class covers, and where two of them differ. */

/** Pixels of each class. @param classes how many there are; other labels, such as unknown, are not counted */
export function countClasses(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(256).fill(0)
  for (const label of labels) counts[label]!++
  return counts.slice(0, classes)
}

/** 1 where two masks differ. */
export const differing = (A: Uint8Array, B: Uint8Array): Uint8Array<ArrayBuffer> => A.map((label, i) => (label === B[i] ? 0 : 1))

/** Share of the pixels that either model calls foreground on which they differ, 0..1; 0 if both see only background. */
export function disagreement(A: Uint8Array, B: Uint8Array): number {
  let foreground = 0
  let differ = 0
  for (let i = 0; i < A.length; i++) {
    if (A[i] === 0 && B[i] === 0) continue
    foreground++
    if (A[i] !== B[i]) differ++
  }
  return foreground === 0 ? 0 : differ / foreground
}
