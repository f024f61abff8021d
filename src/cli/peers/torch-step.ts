/** The training step in PyTorch, in a process of its own: torch_step.py. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Fixture, NumberArray } from './fixture'

interface Reply {
  seconds: number
  losses: number[]
}

export interface TorchStep {
  version: string
  device: string
  /** Makes `count` steps; the losses are those of the last, as of the other libraries. */
  run: (count: number) => Promise<Reply>
  dispose: () => void
}

/** A Python that has PyTorch; Debian's first. */
const findPython = (): string | undefined =>
  ['/usr/bin/python3', 'python3', 'python'].find(
    (python) => spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0,
  )

const isArray = (value: unknown): value is NumberArray =>
  typeof value === 'object' && value !== null && 'values' in value && value.values instanceof Float32Array

/** Writes the fixture as JSON, and its arrays one after another into a second file. */
function write(fixture: Fixture, header: string, values: string): void {
  const arrays: Float32Array[] = []
  let first = 0
  const text = JSON.stringify(fixture, (_, value: unknown) => {
    if (!isArray(value)) return value
    arrays.push(value.values)
    first += value.values.length
    return { shape: value.shape, first: first - value.values.length }
  })
  writeFileSync(header, text)
  writeFileSync(values, Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))))
}

/**
 * @param gpu on a CUDA device, if PyTorch has one
 * @throws Error with a reason if there is no PyTorch, or if it fails
 */
export async function openTorch(fixture: Fixture, gpu: boolean, threads: number): Promise<TorchStep> {
  const python = findPython()
  if (!python) throw new Error('there is no Python with PyTorch here')
  const folder = mkdtempSync(join(tmpdir(), 'torch-'))
  const [header, values] = [join(folder, 'fixture.json'), join(folder, 'fixture.bin')]
  write(fixture, header, values)
  const script = fileURLToPath(new URL('torch_step.py', import.meta.url))
  const child = spawn(python, [script, header, values, gpu ? 'cuda' : 'cpu', String(threads)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const gone = once(child, 'close').then(() => {
    throw new Error(said.trim().split('\n').at(-1) || 'PyTorch ended without a word')
  })
  gone.catch(() => {}) // it is awaited with each answer
  child.stdin.on('error', () => {}) // likewise
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async <T>(): Promise<T> => {
    const next = await Promise.race([lines.next(), gone])
    return next.done ? await gone : (JSON.parse(next.value) as T)
  }
  const about = await answer<{ version: string; device: string }>()
  return {
    ...about,
    run: (count) => {
      child.stdin.write(`${count}\n`)
      return answer<Reply>()
    },
    dispose: () => {
      child.stdin.end()
      rmSync(folder, { recursive: true })
    },
  }
}
