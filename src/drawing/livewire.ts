/** A wire that follows edges from click to click: Mortensen and Barrett, "Intelligent scissors", SIGGRAPH 1995, between pixels instead of on them. */
import FlatQueue from 'flatqueue'
import type { GreyWindow } from '../image/window'
import type { Drawable, Point } from './drawable'

type Image = Pick<Drawable, 'width' | 'height' | 'pixels'>

/** A step of the wire: to which corner, as a change of x and y. */
const ways = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const

/**
 * Values as a window shows them, smoothed with (1 2 1) / 4 along both axes, the edge going on beyond the image; what is no number counts as
 * the mean of the others.
 */
function smoothed({ width, height, pixels }: Image, { center, width: range }: GreyWindow): Float32Array {
  const [low, high] = [center - range / 2, center + range / 2]
  let [sum, count] = [0, 0]
  const known = new Float32Array(pixels.length)
  for (let i = 0; i < pixels.length; i++) {
    const value = (known[i] = Math.min(high, Math.max(low, pixels[i]!)))
    if (Number.isNaN(value)) continue
    sum += value
    count++
  }
  const mean = count > 0 ? sum / count : 0
  for (let i = 0; i < known.length; i++) if (Number.isNaN(known[i])) known[i] = mean
  const across = new Float32Array(known.length)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) across[i] = (known[x > 0 ? i - 1 : i]! + 2 * known[i]! + known[x < width - 1 ? i + 1 : i]!) / 4
  const out = new Float32Array(known.length)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      out[i] = (across[y > 0 ? i - width : i]! + 2 * across[i]! + across[y < height - 1 ? i + width : i]!) / 4
  return out
}

/**
 * The cheapest way along pixel corners, from one place to any other. A step between two pixels costs m / (m + g) + 0.2, where g is how much
 * they differ as shown, and m the square of the mean of all its square roots, so that the few strongest edges, skin and bone, do not let the
 * others count for nothing; 0.2 keeps it from detours. What was found for one place is kept for the next, so that following a pointer costs
 * little.
 */
export class Livewire {
  readonly #width: number
  readonly #height: number
  /** Corners are numbered row by row. Costs of the step to the right of each, and of the one downwards. */
  readonly #right: Float32Array
  readonly #down: Float32Array
  readonly #costs: Float32Array
  /** The way by which a corner is reached best, from 1; 0 where it is not yet known. */
  readonly #cameBy: Uint8Array
  readonly #settled: Uint8Array
  readonly #front = new FlatQueue<number>()

  /** @param window as the image is shown: what differs beyond it cannot be seen, and is no edge */
  constructor(image: Image, window: GreyWindow) {
    const { width, height } = image
    const [across, corners] = [width + 1, (width + 1) * (height + 1)]
    this.#width = width
    this.#height = height
    this.#right = new Float32Array(corners)
    this.#down = new Float32Array(corners)
    this.#costs = new Float32Array(corners)
    this.#cameBy = new Uint8Array(corners)
    this.#settled = new Uint8Array(corners)
    const values = smoothed(image, window)
    let sum = 0
    // Beyond the image nothing differs, so that its border is no edge.
    for (let y = 0; y <= height; y++)
      for (let x = 0; x <= width; x++) {
        const [corner, pixel] = [y * across + x, y * width + x]
        if (x < width && y > 0 && y < height) this.#right[corner] = Math.abs(values[pixel]! - values[pixel - width]!)
        if (y < height && x > 0 && x < width) this.#down[corner] = Math.abs(values[pixel]! - values[pixel - 1]!)
        sum += Math.sqrt(this.#right[corner]!) + Math.sqrt(this.#down[corner]!)
      }
    const usual = Math.max((sum / (2 * corners)) ** 2, Number.MIN_VALUE)
    for (let i = 0; i < corners; i++) {
      this.#right[i] = usual / (usual + this.#right[i]!) + 0.2
      this.#down[i] = usual / (usual + this.#down[i]!) + 0.2
    }
  }

  /** The corner next to a place. */
  #cornerAt({ x, y }: Point): number {
    const column = Math.min(this.#width, Math.max(0, Math.round(x)))
    return Math.min(this.#height, Math.max(0, Math.round(y))) * (this.#width + 1) + column
  }

  #pointOf(corner: number): Point {
    return { x: corner % (this.#width + 1), y: Math.floor(corner / (this.#width + 1)) }
  }

  /** Nails the wire down at the corner next to a place: from there it goes from now on. */
  from(place: Point): void {
    this.#costs.fill(Infinity)
    this.#cameBy.fill(0)
    this.#settled.fill(0)
    this.#front.clear()
    const start = this.#cornerAt(place)
    this.#costs[start] = 0
    this.#front.push(start, 0)
  }

  /** The wire to the corner next to a place, both ends with it; it turns by right angles. */
  to(place: Point): Point[] {
    const goal = this.#cornerAt(place)
    this.#search(goal)
    const path = [this.#pointOf(goal)]
    const across = this.#width + 1
    for (let corner = goal; this.#cameBy[corner] !== 0;) {
      const [dx, dy] = ways[this.#cameBy[corner]! - 1]!
      corner -= dy * across + dx
      path.push(this.#pointOf(corner))
    }
    return path.reverse()
  }

  /** Dijkstra's algorithm, until the goal is reached. */
  #search(goal: number): void {
    const across = this.#width + 1
    const costs = this.#costs
    while (this.#settled[goal] === 0) {
      const cost = this.#front.peekValue()
      const corner = this.#front.pop()
      if (corner === undefined || cost === undefined) return
      if (this.#settled[corner] !== 0) continue
      this.#settled[corner] = 1
      const x = corner % across
      const y = (corner - x) / across
      for (let way = 0; way < ways.length; way++) {
        const [dx, dy] = ways[way]!
        if (x + dx < 0 || x + dx > this.#width || y + dy < 0 || y + dy > this.#height) continue
        const next = corner + dy * across + dx
        if (this.#settled[next] !== 0) continue
        const step = dx !== 0 ? this.#right[dx > 0 ? corner : next]! : this.#down[dy > 0 ? corner : next]!
        const total = costs[corner]! + step
        if (total >= costs[next]!) continue
        costs[next] = total
        this.#cameBy[next] = way + 1
        this.#front.push(next, total)
      }
    }
  }
}
