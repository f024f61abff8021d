/**
 * Resolves in a new task, so that messages waiting in the queue are handled first. A MessageChannel turn, because timers are slowed
 * down to once a second or less in a hidden tab.
 */
export function yieldTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
