export type Work<T> = () => T | Promise<T>

/** A long piece of work has given way to a command. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** Runs pieces of work one after another. What one throws reaches only whoever asked for it. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve()
  /** Pieces that may run before their turn, in order of arrival. */
  private between: (() => Promise<void>)[] = []
  private waiting = 0

  /** Number of waiting pieces that are not patient. A long piece that can be interrupted gives way to them. */
  get impatient(): number {
    return this.waiting
  }

  /** Runs `work` after everything asked for before it. @param patient whether it lets the piece before it finish */
  add<T>(work: Work<T>, patient = false): Promise<T> {
    if (!patient) this.waiting++
    const done = this.last.then(() => {
      if (!patient) this.waiting--
      return work()
    })
    this.last = done.catch(() => undefined)
    return done
  }

  /** Runs `work` when a long piece next drains the queue or when its turn comes, whichever is first. */
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

  /** Called by a long piece between its parts: runs what need not wait for its end. */
  async drain(): Promise<void> {
    for (let piece = this.between.shift(); piece; piece = this.between.shift()) await piece()
  }

  /** Resolves when everything asked for so far is done, and what that asked for in turn. */
  async settled(): Promise<void> {
    let last
    do await (last = this.last)
    while (last !== this.last)
  }
}
