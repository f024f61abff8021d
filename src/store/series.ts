/** One point of a curve: the step and one value per key, or null. */
export type Point<K extends string = string> = { step: number } & Record<K, number | null>

/** A table of numbers that grows by rows and is read by columns; the first column is the step. */
export class Series<K extends string> {
  private columns: Float64Array<ArrayBuffer>[]
  private capacity = 1024
  length = 0

  constructor(private readonly keys: readonly K[]) {
    this.columns = this.makeColumns()
  }

  private makeColumns() {
    return [null, ...this.keys].map(() => new Float64Array(this.capacity))
  }

  /** Adds rows in order of step. A row not newer than the last replaces all from its step on: the run went back. */
  append(rows: readonly ({ step: number } & Record<K, number | null>)[]): void {
    for (const row of rows) {
      while (this.length > 0 && this.columns[0]![this.length - 1]! >= row.step) this.length--
      if (this.length === this.capacity) {
        this.capacity *= 2
        const old = this.columns
        this.columns = this.makeColumns()
        this.columns.forEach((column, i) => column.set(old[i]!))
      }
      this.columns[0]![this.length] = row.step
      this.keys.forEach((key, i) => (this.columns[i + 1]![this.length] = row[key] ?? NaN))
      this.length++
    }
  }

  clear(): void {
    this.length = 0
  }

  /** At most `count` whole rows, evenly spread, always including the last. */
  rows(count: number): Point<K>[] {
    const stride = Math.max(1, Math.ceil(this.length / count))
    const points: Point<K>[] = []
    for (let i = (this.length - 1) % stride; i < this.length; i += stride) points.push(this.point(i))
    return points
  }

  private point(index: number): Point<K> {
    return Object.fromEntries([
      ['step', this.columns[0]![index]!],
      ...this.keys.map((key, i) => [key, orNull(this.columns[i + 1]![index]!)]),
    ]) as Point<K>
  }

  /**
   * The series in at most about 2 x `buckets` points, for a chart. Each bucket gives the lowest and the highest value of every key in the
   * order in which they came, so no peak is lost. Not-a-number becomes null, a gap; a bucket with both gives a third point for the gap.
   * Buckets hold a power of two of rows, so that a growing curve does not jitter.
   */
  thin(buckets = 150): Point<K>[] {
    const size = 2 ** Math.max(0, Math.ceil(Math.log2(this.length / buckets)))
    const steps = this.columns[0]!
    const points: Point<K>[] = []
    for (let from = 0; from < this.length; from += size) {
      const to = Math.min(from + size, this.length)
      if (to - from === 1) {
        points.push(this.point(from))
        continue
      }
      const first = { step: steps[from]! } as Record<string, number | null>
      const gap = { step: (steps[from]! + steps[to - 1]!) / 2 } as Record<string, number | null>
      const last = { step: steps[to - 1]! } as Record<string, number | null>
      let broken = false
      this.keys.forEach((key, k) => {
        const column = this.columns[k + 1]!
        let low = -1
        let high = -1
        let missing = 0
        for (let i = from; i < to; i++) {
          const v = column[i]!
          if (!Number.isFinite(v)) missing++
          else {
            if (low < 0 || v < column[low]!) low = i
            if (high < 0 || v > column[high]!) high = i
          }
        }
        const [a, b] = low < high ? [low, high] : [high, low]
        first[key] = a < 0 ? null : column[a]!
        last[key] = b < 0 ? null : column[b]!
        // Without a hole the middle point lies on the line between the other two, and cannot be seen.
        gap[key] = a < 0 || missing > 0 ? null : (column[a]! + column[b]!) / 2
        broken ||= missing > 0 && a >= 0
      })
      points.push(...([first, ...(broken ? [gap] : []), last] as Point<K>[]))
    }
    return points
  }
}

const orNull = (v: number) => (Number.isFinite(v) ? v : null)
