/** One point of a curve: the step and one value per key, or null. */
export type Point<K extends string = string> = { step: number } & Record<K, number | null>

/** A table of numbers that grows by rows and is read by columns; the first column is the step. */
export class Series<K extends string> {
  private columns: Float64Array<ArrayBuffer>[]
  private capacity = 1024
  length = 0
  /** What was averaged last, by column, and how far: a run adds a step at a time to thousands. */
  private averages: Averages = { weight: NaN, columns: [] }

  /** Points that rows to come leave as they are, as they were thinned last. */
  private buckets: Buckets<K> = { size: 0, weight: NaN, full: [] }

  constructor(readonly keys: readonly K[]) {
    this.columns = this.makeColumns()
  }

  private makeColumns() {
    return [null, ...this.keys].map(() => new Float64Array(this.capacity))
  }

  /** Adds rows in order of step. A row not newer than the last replaces all from its step on: the run went back. */
  append(rows: readonly ({ step: number } & Record<K, number | null>)[]): void {
    for (const row of rows) {
      while (this.length > 0 && this.columns[0]![this.length - 1]! >= row.step) {
        this.length--
        this.forget()
      }
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

  /** Takes whole columns in the place of all rows; a key without one has no values. */
  fill(columns: Readonly<Partial<Record<K | 'step', Float64Array>>>): this {
    const { length } = columns.step ?? []
    this.capacity = Math.max(1024, length)
    this.columns = this.makeColumns()
    this.columns.forEach((column, i) => {
      const given = columns[i === 0 ? 'step' : this.keys[i - 1]!]
      if (given) column.set(given)
      else column.fill(NaN)
    })
    this.length = length
    this.forget()
    return this
  }

  clear(): void {
    this.length = 0
    this.forget()
  }

  /** What was made of rows that are there no more. */
  private forget(): void {
    this.averages.columns = []
    this.buckets.full = []
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

  /** The step of the first row, and of the last; 0 where there is none. */
  get first(): number {
    return this.length > 0 ? this.columns[0]![0]! : 0
  }

  get last(): number {
    return this.length > 0 ? this.columns[0]![this.length - 1]! : 0
  }

  /** The exact row at a step, or the nearest one; null where there is none. */
  at(step: number): Point<K> | null {
    if (this.length === 0) return null
    const i = this.firstFrom(step)
    const steps = this.columns[0]!
    const before = i > 0 && (i === this.length || step - steps[i - 1]! < steps[i]! - step)
    return this.point(before ? i - 1 : i)
  }

  /** All exact rows. */
  all(): Point<K>[] {
    return this.rows(this.length)
  }

  /** The number of the first row at or after a step. */
  private firstFrom(step: number): number {
    const steps = this.columns[0]!
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (steps[middle]! < step) low = middle + 1
      else high = middle
    }
    return low
  }

  /**
   * An exponential average of every row of a column so far, without the pull of its start at 0 (as TensorBoard's): s = w s + (1 - w) v, divided by
   * 1 - w^n after n values. Not-a-number gives none, and counts for nothing.
   * @param weight w, 0 up to but not 1; 0 gives the values themselves
   * @returns a view, which holds until rows are added
   */
  smoothed(key: K, weight: number): Float64Array<ArrayBuffer> {
    if (this.averages.weight !== weight) this.averages = { weight, columns: [] }
    const k = this.keys.indexOf(key)
    const column = this.columns[k + 1]!
    const known = (this.averages.columns[k] ??= { smooth: new Float64Array(this.capacity), length: 0, sum: 0, left: 1 })
    if (known.smooth.length < this.length) {
      const longer = new Float64Array(this.capacity)
      longer.set(known.smooth)
      known.smooth = longer
    }
    for (; known.length < this.length; known.length++) {
      const v = column[known.length]!
      if (Number.isFinite(v)) {
        known.sum = weight * known.sum + (1 - weight) * v
        known.left *= weight
        known.smooth[known.length] = known.sum / (1 - known.left)
      } else known.smooth[known.length] = NaN
    }
    return known.smooth.subarray(0, this.length)
  }

  /**
   * The series from one step to another in at most about `buckets` points, for a chart, with one more on either side, so that lines lead to the edge.
   * A point is the last row of its bucket, and tells the lowest and the highest value in it, so no peak is lost. A bucket with not-a-number and numbers
   * gives one more point, in its middle, where the former is null: a gap. Buckets hold a power of two of rows, counted from the first of all, so that
   * a growing curve does not jitter.
   * @param weight of smoothing, which is computed on the whole series
   */
  thin({ from = -Infinity, to = Infinity, buckets = 150, weight = 0 }: View = {}): ThinPoint<K>[] {
    const [begin, end] = [Math.max(0, this.firstFrom(from) - 1), Math.min(this.length, this.firstFrom(to) + 1)]
    const size = 2 ** Math.max(0, Math.ceil(Math.log2((end - begin) / buckets)))
    if (this.buckets.size !== size || this.buckets.weight !== weight) this.buckets = { size, weight, full: [] }
    const { full } = this.buckets
    const smooth = this.keys.map((key) => this.smoothed(key, weight))
    const points: ThinPoint<K>[] = []
    for (let first = Math.floor(begin / size) * size; first < end; first += size) {
      const isFull = first + size <= this.length
      const bucket = full[first / size] ?? this.bucket(first, Math.min(first + size, this.length) - 1, smooth)
      if (isFull) full[first / size] = bucket
      points.push(...bucket)
    }
    return points
  }

  /** The points of rows from one to another. */
  private bucket(first: number, last: number, smooth: readonly Float64Array[]): ThinPoint<K>[] {
    const steps = this.columns[0]!
    const values: Partial<Record<K, Thin | null>> = {}
    const missing = new Set<K>()
    this.keys.forEach((key, k) => {
      const column = this.columns[k + 1]!
      let [low, high, newest] = [Infinity, -Infinity, -1]
      for (let i = first; i <= last; i++) {
        const v = column[i]!
        if (!Number.isFinite(v)) {
          missing.add(key)
          continue
        }
        if (v < low) low = v
        if (v > high) high = v
        newest = i
      }
      values[key] = newest < 0 ? null : { value: column[newest]!, low, high, smooth: smooth[k]![newest]! }
    })
    const point = { step: steps[last]!, rows: last - first + 1, values: values as ThinPoint<K>['values'] }
    if (![...missing].some((key) => values[key])) return [point]
    const between = Object.fromEntries(this.keys.map((key) => [key, missing.has(key) ? null : values[key]])) as ThinPoint<K>['values']
    return [{ step: (steps[first]! + steps[last]!) / 2, rows: 0, values: between }, point]
  }
}

interface Averages {
  weight: number
  /** Averages of the first rows of a column, and what the next is made of. */
  columns: { smooth: Float64Array<ArrayBuffer>; length: number; sum: number; left: number }[]
}

interface Buckets<K extends string> {
  /** Rows in each. */
  size: number
  weight: number
  /** By number; those that are not full yet, or were not asked for, are missing. */
  full: ThinPoint<K>[][]
}

/** What of a series a chart shows, by steps, and how. */
export interface View {
  from?: number
  to?: number
  buckets?: number
  weight?: number
}

/** A bucket of one column: its newest value, its lowest and highest, and the average at its newest. */
export interface Thin {
  value: number
  low: number
  high: number
  smooth: number
}

/** A point of a chart: the step, how many rows it stands for (0 for a gap), and one bucket per key, or null. */
export interface ThinPoint<K extends string = string> {
  step: number
  rows: number
  values: Record<K, Thin | null>
}

const orNull = (v: number) => (Number.isFinite(v) ? v : null)
