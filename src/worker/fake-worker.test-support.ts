import type { Command, Event, Outcome, RequestName, Sign } from './protocol'

/** Stands in for a Worker: keeps what was posted and lets a test raise its events. */
export class FakeWorker extends EventTarget {
  /** The one started last. */
  static newest: FakeWorker
  posted: { command: Command; transfer: Transferable[] }[] = []
  ended = false
  constructor() {
    super()
    FakeWorker.newest = this
  }
  postMessage(command: Command, transfer: Transferable[]) {
    this.posted.push({ command, transfer })
  }
  terminate() {
    this.ended = true
  }
  say(message: Event | Outcome | Sign) {
    this.dispatchEvent(Object.assign(new globalThis.Event('message'), { data: message }))
  }
  die(message: string) {
    this.dispatchEvent(Object.assign(new globalThis.Event('error'), { message }))
  }
  /** The number of the newest request of this name. */
  idOf(type: RequestName): number {
    return this.posted.filter(({ command }) => command.type === type).at(-1)!.command.id
  }
}
