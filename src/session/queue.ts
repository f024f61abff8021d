type Work<T> = () => T | Promise<T>

/** Does pieces of work one after the other. What one throws is told to whoever asked for it and to nobody else. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve()
  /** Pieces that may be done before their turn, in the order in which they came. */
  private between: (() => Promise<void>)[] = []
  private waiting = 0

  /** Pieces that wait for their turn and are not patient. A long piece that can be broken off gives way to them. */
  get impatient(): number {
    return this.waiting
  }

  /** Does `work` after all that was asked for before it. @param patient whether it lets the piece before it come to its own end */
  add<T>(work: Work<T>, patient = false): Promise<T> {
    if (!patient) this.waiting++
    const done = this.last.then(() => {
      if (!patient) this.waiting--
      return work()
    })
    this.last = done.catch(() => undefined)
    return done
  }

  /** Does `work` when a piece that takes long next drains the queue, or when its turn comes, whichever is first. */
  addBetween<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve) => {
      const piece = () => {
        const done = Promise.resolve().then(work)
        resolve(done)
        return done.then(
          () => undefined,
          () => undefined,
        )
      }
      this.between.push(piece)
      void this.add(() => {
        const at = this.between.indexOf(piece)
        if (at < 0) return
        this.between.splice(at, 1)
        return piece()
      }, true)
    })
  }

  /** Called by a piece that takes long, between two parts of it: does what need not wait for its end. */
  async drain(): Promise<void> {
    for (let piece = this.between.shift(); piece; piece = this.between.shift()) await piece()
  }

  /** Resolves when all that was asked for so far is done, and what that asked for in turn. */
  async settled(): Promise<void> {
    let last
    do await (last = this.last)
    while (last !== this.last)
  }
}
