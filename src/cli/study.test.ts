import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { nodeFlags } from '../../scripts/setup.mjs'
import { makePng } from '../data/files.test-support'
import { readCell } from '../study/cell-file'

const root = mkdtempSync(join(tmpdir(), 'study-'))
afterAll(() => rmSync(root, { recursive: true }))

const command = [...nodeFlags, '--import', import.meta.resolve('tsx'), join(process.cwd(), 'src/cli/study.ts')]

/** Runs the command to its end; paths are from `root`. */
function run(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, ...env },
  })
  return { status, stdout, stderr }
}
const refused = (...args: string[]) => {
  const { status, stderr } = run(args)
  expect(status).toBe(1)
  return stderr
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}
const tiny = { steps: 2, size: 16, baseWidth: 4, batchLabeled: 2, batchUnlabeled: 2 }
const study = (name: string, changes: object = {}): string => {
  const phantom = { phantom: 'cardiac', patients: 3, slices: 3, unseen: 1, size: 32, exemplars: [1, 2] }
  const arms = { cross: {}, self: { settings: { teacher: 'self' } } }
  const all = { name, settings: tiny, scoreAt: [1], seeds: [0, 1], data: { phantom }, arms, compare: [['cross', 'self']], ...changes }
  write(`${name}.json`, JSON.stringify(all))
  return `${name}.json`
}
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const cellsIn = (out: string) =>
  existsSync(join(root, out, 'cells'))
    ? readdirSync(join(root, out, 'cells'))
        .filter((name) => name.endsWith('.json'))
        .map((name) => [name, readCell(text(`${out}/cells/${name}`))!] as const)
    : []
/** What the tables say, without the times, which no two runs share. */
const scores = (out: string) => {
  const { status, stdout, stderr } = run(['--report', out])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.slice(0, stdout.indexOf('### Dice by minutes'))
}

/** The same as npm starts it: what is killed is its parent. */
const script = [join(process.cwd(), 'scripts/run.mjs'), join(process.cwd(), 'src/cli/study.ts')]

/** Starts the command and sends it a signal once it has a cell in `out`; ends when all its processes have. */
async function killed(out: string, signal: NodeJS.Signals, ...args: string[]) {
  const before = cellsIn(out).length
  const child = spawn(process.execPath, [...script, ...args, '--out', out], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  const ended = new Promise<{ status: number | null; by: string | null }>((resolve) =>
    child.on('close', (status, by) => resolve({ status, by })),
  )
  await expect.poll(() => cellsIn(out).length, { timeout: 100_000, interval: 5 }).toBeGreaterThan(before)
  child.kill(signal)
  return { ...(await ended), said }
}

test(
  'a study over four shards, two of them killed and started again, ends with the tables of one process',
  { timeout: 400_000 },
  async () => {
    const file = study('whole')
    const one = run([file, '--out', 'one', '--backend', 'wasm', '--jobs', '2'])
    expect(one).toMatchObject({ status: 0, stderr: '' })
    expect(one.stdout).toContain('Study whole: 8 runs\n')

    expect(run([file, '--out', 'four', '--backend', 'wasm', '--shard', '1/4'])).toMatchObject({ status: 0 })
    const { status, said } = await killed('four', 'SIGTERM', file, '--backend', 'wasm', '--shard', '2/4')
    expect(status).toBe(143)
    expect(said).toContain('Left by SIGTERM; the same command goes on.')
    const shot = await killed('four', 'SIGKILL', file, '--backend', 'wasm', '--shard', '3/4')
    expect(shot.by).toBe('SIGKILL')
    expect(shot.said).toContain('Left by SIGHUP')
    const slurm = { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '0' }
    expect(run([file, '--out', 'four', '--backend', 'wasm'], slurm)).toMatchObject({ status: 0 })

    // What there is can be reported on at any time.
    expect(scores('four')).toContain('runs have scores')
    for (const shard of ['2/4', '3/4']) {
      const again = run([file, '--out', 'four', '--backend', 'wasm', '--shard', shard])
      expect(again.stdout).toMatch(/\d of 2 runs have ended before\./)
      expect(again.status).toBe(0)
    }
    expect(cellsIn('four')).toHaveLength(8)
    const table = scores('one')
    expect(table).toContain('8 of 8 runs have scores.')
    expect(scores('four')).toBe(table)
    expect(text('four/report.html')).toContain('<h1>Study: whole</h1>')

    const files = cellsIn('one').map(([, { made }]) => made.ended)
    expect(run([file, '--out', 'one', '--backend', 'wasm']).stdout).toBe('Study whole: 8 runs\n8 of 8 runs have ended before.\n')
    expect(cellsIn('one').map(([, { made }]) => made.ended)).toEqual(files)
  },
)

test('what a lost GPU leaves is done by another process', { timeout: 400_000 }, () => {
  // Of the process of the cells: with each answer of one it is gone, as after a loss.
  write(
    'gone.mjs',
    `if (process.send) {
      const send = process.send.bind(process)
      process.send = (message, then) =>
        'ended' in message ? send({ ...message, gone: true }, () => process.exit(1)) : send(message, then)
    }`,
  )
  const env = { NODE_OPTIONS: `--import ${join(root, 'gone.mjs')}` }
  const { status, stdout, stderr } = run([study('lost', { seeds: [0] }), '--out', 'lost', '--backend', 'wasm'], env)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('4 of 4 ')
  expect(cellsIn('lost').map(([, { problem }]) => problem)).toEqual([null, null, null, null])
})

const side = 16
const square = (at: number) =>
  Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => Number(x >= at && x < at + 8 && y > 3 && y < 12)))

test("images of one's own: patients by a rule, an exemplar by name, and what fails does not stop the others", { timeout: 400_000 }, () => {
  for (const [i, name] of ['ward1-anna-a', 'ward1-anna-b', 'ward1-bert-a', 'ward2-carl-a'].entries()) {
    const rows = square(1 + i)
    write(`own/images/${name}.png`, makePng('', { rows: rows.map((row) => row.map((v, x) => 40 + 100 * v + (x % 5))) }).bytes)
    write(`own/masks/${name}.png`, makePng('', { rows }).bytes)
  }
  const hearts = { images: 'images', masks: 'masks', patient: '^ward\\d-([a-z]+)', exemplars: ['ward1-anna-a.png', 'ward9-nobody.png'] }
  const arms = { cross: {}, full: { labels: 'all', settings: { imageTerm: false, featureTerm: false, synthetic: false } } }
  const file = study('own', { folder: 'own', data: { hearts }, arms, seeds: [0], compare: undefined })
  const { status, stdout, stderr } = run([file, '--out', 'own-out', '--backend', 'cpu'])
  expect(status).toBe(1)
  expect(stderr).toContain('2 of 4 runs failed; the same command tries them again.')
  expect(stdout).toMatch(/seed 0: failed: There is no file ".*ward9-nobody.png" \(the exemplar of "hearts"\)/)
  const patients = Object.fromEntries(
    cellsIn('own-out').map(([, { arm, exemplar, result }]) => [
      `${arm} ${exemplar}`,
      result && Object.keys(result.scores.at(-1)!.perPatient),
    ]),
  )
  expect(patients).toEqual({
    'cross ward1-anna-a.png': ['bert', 'carl'],
    'full ward1-anna-a.png': ['anna'],
    'cross ward9-nobody.png': null,
    'full ward9-nobody.png': null,
  })
  expect(scores('own-out')).toMatch(/\| hearts \| cross \| 1 \| ward9-nobody.png: 0 \| There is no file /)

  // A failed one is tried again, and the place of the images can be another.
  write('moved/images/ward9-nobody.png', readFileSync(join(root, 'own/images/ward2-carl-a.png')))
  write('moved/masks/ward9-nobody.png', readFileSync(join(root, 'own/masks/ward2-carl-a.png')))
  for (const name of ['ward1-anna-a', 'ward1-bert-a']) {
    write(`moved/images/${name}.png`, readFileSync(join(root, `own/images/${name}.png`)))
    write(`moved/masks/${name}.png`, readFileSync(join(root, `own/masks/${name}.png`)))
  }
  const again = run([file, '--out', 'own-out', '--backend', 'cpu', '--data', 'moved'])
  expect(again).toMatchObject({ status: 0, stderr: '' })
  expect(again.stdout).toContain('2 of 4 runs have ended before.')
  expect(cellsIn('own-out').every(([, { problem }]) => problem === null)).toBe(true)
})

test('the tables are written into a page between its marks, and two more arms compared on request', { timeout: 400_000 }, () => {
  const file = study('page', {
    data: { phantom: { phantom: 'cardiac', patients: 2, slices: 1, unseen: 1, size: 32, exemplars: [1] } },
    seeds: [0],
  })
  expect(run([file, '--out', 'page', '--backend', 'cpu'])).toMatchObject({ status: 0 })
  write('results.md', '# Results\n\n<!-- study page -->\nstale\n<!-- end page -->\n\nThe rest.\n')
  expect(run(['--report', 'page', '--compare', 'self,cross', '--into', 'results.md'])).toMatchObject({ status: 0 })
  expect(text('results.md')).toMatch(
    /^# Results\n\n<!-- study page -->\n\n2 of 2 runs have scores\.\n[^]*\| self − cross \| phantom \| 1 \|[^]*\n<!-- end page -->\n\nThe rest\.\n$/,
  )
  expect(text('results.md')).not.toContain('stale')
  write('bare.md', '# Results\n')
  expect(refused('--report', 'page', '--into', 'bare.md')).toBe(
    '"bare.md" (--into) has no line <!-- study page --> with a line <!-- end page --> after it: add both.\n',
  )
  expect(refused('--report', 'page', '--compare', 'self,teacher')).toBe(
    '--compare is "self,teacher", but must be two arms with a comma between, of cross, self.\n',
  )
  expect(refused(study('other'), '--out', 'page')).toBe('"page" (--out) holds the study "page": choose another folder.\n')
})

test.each([
  [[], 'STUDY.json is missing: give the file of a study, as in studies/smoke.json.'],
  [['none.json', '--out', 'x'], 'There is no file "none.json".'],
  [['whole.json'], '--out is missing: give the folder for the results.'],
  [['whole.json', '--out', 'x', '--jobs', '0'], '--jobs is "0", but must be a whole number, at least 1.'],
  [['whole.json', '--out', 'x', '--shard', '5/4'], '--shard is "5/4", but must be I/N, part I of N, as in 3/16.'],
  [['whole.json', 'b.json', '--out', 'x'], '"b.json" is one file too many: a study is one file.'],
  [['whole.json', '--out', 'x', '--into', 'y'], '--compare and --into belong to --report DIR.'],
  [['--report', 'nothing'], 'There is no study in "nothing" (--report): give the folder that was --out.'],
  [['--report', 'x', '--out', 'y'], '--report runs nothing: leave out --out.'],
  [['--report', 'x', 'whole.json'], '--report runs nothing: leave out whole.json.'],
  [['whole.json', '--out', 'whole.json'], 'Nothing can be written to "whole.json" (--out): it is a file, or lies in one.'],
])('%j is refused in a sentence', (args, sentence) => {
  study('whole')
  expect(refused(...args)).toBe(`${sentence}\n`)
})
