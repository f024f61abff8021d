import { expect, it } from 'vitest'
import { Queue } from './queue'

/** A piece of work that ends when the test says so. */
function held() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  return { work: () => ended, end }
}

it('runs one piece after another, in order of arrival, and returns the result of each', async () => {
  const queue = new Queue()
  const done: string[] = []
  const first = held()
  const answers = Promise.all([
    queue.add(async () => {
      await first.work()
      done.push('first')
      return 1
    }),
    queue.add(() => {
      done.push('second')
      return 2
    }),
  ])
  await Promise.resolve()
  expect(done).toEqual([])
  first.end()
  expect(await answers).toEqual([1, 2])
  expect(done).toEqual(['first', 'second'])
})

it('reports a failure only to whoever asked for that piece, and continues', async () => {
  const queue = new Queue()
  const bad = queue.add(() => {
    throw new Error('first')
  })
  const between = queue.addBetween(() => Promise.reject(new Error('second')))
  const good = queue.add(() => 'third')
  await expect(bad).rejects.toThrow('first')
  await expect(between).rejects.toThrow('second')
  expect(await good).toBe('third')
  await queue.settled()
})

it('runs what may come between when a long piece drains, and each only once', async () => {
  const queue = new Queue()
  const done: string[] = []
  const asked = held()
  const long = queue.add(async () => {
    done.push('part 1')
    await asked.work()
    await queue.drain()
    done.push('part 2')
  })
  const after = queue.add(() => done.push('after'))
  const between = [queue.addBetween(() => done.push('a')), queue.addBetween(() => done.push('b'))]
  asked.end()
  await Promise.all([long, after, ...between])
  await queue.settled()
  expect(done).toEqual(['part 1', 'a', 'b', 'part 2', 'after'])
})

it('keeps the order of such pieces if no long piece drains', async () => {
  const queue = new Queue()
  const done: string[] = []
  void queue.addBetween(() => done.push('a'))
  void queue.add(() => done.push('b'))
  void queue.addBetween(() => done.push('c'))
  await queue.settled()
  expect(done).toEqual(['a', 'b', 'c'])
})

it('continues draining when one of the pieces fails', async () => {
  const queue = new Queue()
  const asked = held()
  const long = queue.add(async () => {
    await asked.work()
    await queue.drain()
    return 'whole'
  })
  const bad = queue.addBetween(() => Promise.reject(new Error('bad')))
  const good = queue.addBetween(() => 'good')
  asked.end()
  await expect(bad).rejects.toThrow('bad')
  expect(await good).toBe('good')
  expect(await long).toBe('whole')
})

it('counts the pieces that a long one should give way to', async () => {
  const queue = new Queue()
  const seen: number[] = []
  void queue.add(() => void seen.push(queue.impatient))
  void queue.add(() => void seen.push(queue.impatient), true)
  void queue.addBetween(() => void seen.push(queue.impatient))
  void queue.add(() => void seen.push(queue.impatient))
  expect(queue.impatient).toBe(2)
  await queue.settled()
  expect(seen).toEqual([1, 1, 1, 0])
})

it('is settled when what the pieces asked for in turn is done', async () => {
  const queue = new Queue()
  const done: string[] = []
  void queue.add(() => {
    done.push('first')
    void queue.add(() => done.push('second'))
  })
  await queue.settled()
  expect(done).toEqual(['first', 'second'])
})
