/** Painting waits for a frame and stops once its share of the frame is used up, so that many pictures never add up to one long task. */

const share = 8 // milliseconds of the 16.7 of a frame

const waiting = new Map<object, () => void>()
let asked = false

/** Paints in one of the next frames. A later call with the same key replaces an earlier one: only the newest picture matters. */
export function paintSoon(key: object, paint: () => void): void {
  waiting.set(key, paint)
  if (asked) return
  asked = true
  requestAnimationFrame(drain)
}

export function forgetPaint(key: object): void {
  waiting.delete(key)
}

function drain(): void {
  asked = false
  const end = performance.now() + share
  for (const [key, paint] of waiting) {
    waiting.delete(key)
    paint()
    if (performance.now() > end) break
  }
  if (waiting.size > 0) {
    asked = true
    requestAnimationFrame(drain)
  }
}
