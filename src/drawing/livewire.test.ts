import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LabelMap, Raster } from '../image/raster'
import type { Point } from './drawable'
import { Livewire } from './livewire'
import { polygon } from './regions'
import { after, penOf } from './regions.test-support'

const [width, height] = [14, 11]
/** Shows every value as it is. */
const wide = { center: 0, width: 1e6 }
const images = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.constantFrom(NaN, Infinity)), {
    minLength: width * height,
    maxLength: width * height,
  })
  .map((values): Raster => ({ width, height, pixels: Float32Array.from(values) }))
const places = fc.record({
  x: fc.double({ min: -3, max: width + 3, noNaN: true }),
  y: fc.double({ min: -3, max: height + 3, noNaN: true }),
})
const cornerOf = ({ x, y }: Point): Point => ({
  x: Math.min(width, Math.max(0, Math.round(x))),
  y: Math.min(height, Math.max(0, Math.round(y))),
})

const image = (side: number, value: (x: number, y: number) => number): Raster => ({
  width: side,
  height: side,
  pixels: Float32Array.from({ length: side * side }, (_, i) => value((i % side) + 0.5, Math.floor(i / side) + 0.5)),
})
const noise = (x: number, y: number) => (Math.imul((x * 73856093) ^ (y * 19349663), 0x9e3779b1) >>> 24) / 32

/** The cost of a step between neighbouring corners, from the definition. */
function stepCosts(w: number, h: number, pixels: number[]): (from: Point, to: Point) => number {
  const value = (x: number, y: number) => pixels[Math.min(h - 1, Math.max(0, y)) * w + Math.min(w - 1, Math.max(0, x))]!
  const kernel = [0.25, 0.5, 0.25]
  const smooth = (x: number, y: number) =>
    kernel.reduce((sum, a, j) => sum + kernel.reduce((row, b, i) => row + a * b * value(x + i - 1, y + j - 1), 0), 0)
  const difference = (from: Point, to: Point): number => {
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)]
    if (from.y === to.y) return y === 0 || y === h ? 0 : Math.abs(smooth(x, y) - smooth(x, y - 1))
    return x === 0 || x === w ? 0 : Math.abs(smooth(x, y) - smooth(x - 1, y))
  }
  let sum = 0
  for (let y = 0; y <= h; y++)
    for (let x = 0; x <= w; x++) {
      if (x < w) sum += Math.sqrt(difference({ x, y }, { x: x + 1, y }))
      if (y < h) sum += Math.sqrt(difference({ x, y }, { x, y: y + 1 }))
    }
  const usual = (sum / (2 * (w + 1) * (h + 1))) ** 2
  return (from, to) => (usual === 0 ? 1 : usual / (usual + difference(from, to))) + 0.2
}

describe('the wire', () => {
  it('begins and ends at its clicks, step by step along pixel corners, and never twice at one', () => {
    fc.assert(
      fc.property(images, places, fc.array(places, { minLength: 1, maxLength: 4 }), (raster, start, ends) => {
        const wire = new Livewire(raster, wide)
        wire.from(start)
        for (const end of ends) {
          const path = wire.to(end)
          expect(path[0]).toEqual(cornerOf(start))
          expect(path.at(-1)).toEqual(cornerOf(end))
          path.slice(1).forEach(({ x, y }, k) => expect(Math.abs(x - path[k]!.x) + Math.abs(y - path[k]!.y)).toBe(1))
          expect(new Set(path.map(({ x, y }) => `${x} ${y}`)).size).toBe(path.length)
        }
      }),
    )
  })

  it('is the cheapest way there is', () => {
    const [w, h] = [5, 4]
    const values = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: w * h, maxLength: w * h })
    const corner = fc.record({ x: fc.integer({ min: 0, max: w }), y: fc.integer({ min: 0, max: h }) })
    fc.assert(
      fc.property(values, corner, corner, (pixels, start, end) => {
        const cost = stepCosts(w, h, pixels)
        // Bellman and Ford: relax every step as often as there are corners.
        const costs = new Map([[`${start.x} ${start.y}`, 0]])
        const at = ({ x, y }: Point) => costs.get(`${x} ${y}`) ?? Infinity
        for (let round = 0; round < (w + 1) * (h + 1); round++)
          for (let y = 0; y <= h; y++)
            for (let x = 0; x <= w; x++)
              for (const to of [
                { x: x + 1, y },
                { x: x - 1, y },
                { x, y: y + 1 },
                { x, y: y - 1 },
              ])
                if (to.x >= 0 && to.y >= 0 && to.x <= w && to.y <= h)
                  costs.set(`${to.x} ${to.y}`, Math.min(at(to), at({ x, y }) + cost({ x, y }, to)))
        const wire = new Livewire({ width: w, height: h, pixels: Float32Array.from(pixels) }, wide)
        wire.from(start)
        const path = wire.to(end)
        const own = path.slice(1).reduce((sum, to, k) => sum + cost(path[k]!, to), 0)
        expect(own).toBeCloseTo(at(end), 4)
      }),
      { numRuns: 60 },
    )
  })

  it('is the same whatever it was led to before', () => {
    fc.assert(
      fc.property(images, places, places, places, (raster, start, before, end) => {
        const [led, fresh] = [new Livewire(raster, wide), new Livewire(raster, wide)]
        led.from(before)
        led.to(end)
        for (const wire of [led, fresh]) wire.from(start)
        led.to(before)
        expect(led.to(end)).toEqual(fresh.to(end))
      }),
    )
  })

  it('follows a drawn edge exactly, although it was clicked four times only', () => {
    for (const radius of [14, 19.3, 25]) {
      const isIn = (x: number, y: number) => Math.hypot(x - 32, y - 32) <= radius
      const wire = new Livewire(
        image(64, (x, y) => (isIn(x, y) ? 120 : 40) + noise(x, y)),
        wide,
      )
      const clicks = [0, 1, 2, 3].map((k) => ({
        x: Math.round(32 + radius * Math.cos((k * Math.PI) / 2)),
        y: Math.round(32 + radius * Math.sin((k * Math.PI) / 2)),
      }))
      const outline = clicks.flatMap((click, k) => {
        wire.from(click)
        return wire.to(clicks[(k + 1) % 4]!).slice(1)
      })
      const mask: LabelMap = { width: 64, height: 64, labels: new Uint8Array(64 * 64) }
      const found = after(mask, polygon(mask, penOf(1), outline))
      const wrong = found.reduce((n, label, i) => n + Number(label !== Number(isIn((i % 64) + 0.5, Math.floor(i / 64) + 0.5))), 0)
      // A few pixels where the smoothing cuts a corner of the staircase.
      expect(wrong).toBeLessThanOrEqual(0.01 * Math.PI * radius * radius)
    }
  })

  it('follows a faint edge beside a strong one, and only edges that the window shows', () => {
    // A faint step of 8 at x = 20, a strong one of 900 at x = 40.
    const steps = image(64, (x, y) => (x > 40 ? 900 : 0) + (x > 20 ? 8 : 0) + noise(x, y) / 4)
    const [from, to] = [
      { x: 20, y: 4 },
      { x: 20, y: 60 },
    ]
    const along = (wire: Livewire, a: Point, b: Point, x: number) => {
      wire.from(a)
      // Of 57 places; the smoothing spreads an edge by one pixel to either side.
      return wire.to(b).filter((point) => Math.abs(point.x - x) <= 1).length
    }
    expect(along(new Livewire(steps, wide), from, to, 20)).toBeGreaterThan(50)
    // From beside it the wire goes to the strong one, unless all of that is one grey.
    const aside = [
      { x: 44, y: 4 },
      { x: 44, y: 60 },
    ] as const
    expect(along(new Livewire(steps, wide), ...aside, 40)).toBeGreaterThan(50)
    expect(along(new Livewire(steps, { center: 4, width: 12 }), { x: 24, y: 4 }, { x: 24, y: 60 }, 20)).toBeGreaterThan(50)
  })
})
