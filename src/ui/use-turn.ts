import { useEffect, useState } from 'react'

/** The turn that was given last. */
let last: Promise<unknown> = Promise.resolve()

const nextFrame = () => new Promise(requestAnimationFrame)

/**
 * For parts that take long to show and become ready together, such as charts at the first step: each waits for a frame of its own, so that they do not add up
 * to one long task.
 * @returns whether it is ready and its turn has come
 */
export function useTurn(ready: boolean): boolean {
  const [come, setCome] = useState(false)
  useEffect(() => {
    if (!ready) return
    let awaited = true
    last = last.then(nextFrame).then(() => {
      if (awaited) setCome(true)
    })
    return () => {
      awaited = false
      setCome(false)
    }
  }, [ready])
  return ready && come
}
