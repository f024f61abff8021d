/** How labels drift from one snapshot to another. */
import type { SeenLabels } from './live-views'

type Bytes = Uint8Array<ArrayBuffer>

/** For each pixel how often its label was another one than in the map before. @param maps at least one, in order */
export function flipCounts(maps: readonly Bytes[]): Uint16Array<ArrayBuffer> {
  const counts = new Uint16Array(maps[0]!.length)
  for (let n = 1; n < maps.length; n++) {
    const [before, now] = [maps[n - 1]!, maps[n]!]
    for (let i = 0; i < counts.length; i++) if (now[i] !== before[i]) counts[i]!++
  }
  return counts
}

/** Share of the pixels that are labelled otherwise, over the images that both have and both networks, 0..1; 0 where they share none. */
export function changeBetween(before: readonly SeenLabels[], now: readonly SeenLabels[]): number {
  let [changed, pixels] = [0, 0]
  for (const { image, A, B } of now) {
    const then = before.find((one) => one.image === image)
    if (!then || then.A.length !== A.length) continue
    for (const [a, b] of [
      [A, then.A],
      [B, then.B],
    ] as const) {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) changed++
      pixels += a.length
    }
  }
  return pixels === 0 ? 0 : changed / pixels
}
