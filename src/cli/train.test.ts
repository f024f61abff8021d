import { zipSync } from 'fflate'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { makeHdf5 } from '../data/hdf5.test-support'
import { needsPython, plainPython, readEvents } from '../export/event-file.test-support'
import { besidesMarks } from '../session/sessions.test-support'

const root = mkdtempSync(join(tmpdir(), 'train-'))
afterAll(() => rmSync(root, { recursive: true }))

const side = 16
const cells = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)] as const)
const inside = (at: number) => cells.map(([x, y]) => Number(x >= at && x < at + 8 && y >= 4 && y < 12))
const grey = (at: number) => inside(at).map((v, i) => 40 + 100 * v + (i % 5))
const rows = (values: number[]) => Array.from({ length: side }, (_, y) => values.slice(y * side, (y + 1) * side))

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

const command = ['--import', import.meta.resolve('tsx'), join(process.cwd(), 'src/cli/train.ts'), '--backend', 'cpu']
/** Settings of a run as small as can be. */
const tiny = (steps: number) => [
  ...['--steps', String(steps)],
  ...['size=16', 'baseWidth=4', 'batchLabeled=2', 'batchUnlabeled=2', `scoreEvery=${steps}`].flatMap((one) => ['--set', one]),
]

/** Runs a command to its end; paths are from `root`. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}
const train = (...args: string[]) => run(...tiny(1), ...args)

/** Starts a command and sends it a signal as soon as there is a checkpoint in `out`. */
async function killed(out: string, signal: NodeJS.Signals, ...args: string[]) {
  const child = spawn(process.execPath, [...command, ...args, '--checkpoint-every', '0.01', '--out', out], { cwd: root })
  const ended = new Promise<{ status: number | null; by: string | null }>((resolve) =>
    child.on('close', (status, by) => resolve({ status, by })),
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  await expect.poll(() => existsSync(join(root, out, 'checkpoint.safetensors')), { timeout: 60_000, interval: 5 }).toBe(true)
  child.kill(signal)
  return { ...(await ended), said }
}

const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
    .sort()
/** The state of the run in a folder. */
const stateIn = (folder: string) => besidesMarks(new Uint8Array(readFileSync(join(root, folder, 'checkpoint.safetensors'))))
const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

test('an exemplar among files of one name in several folders is known by its folder, and so is every mask', () => {
  for (const at of [1, 2, 3]) {
    write(`nested/images/patient${at}/image.png`, makePng('', { rows: rows(grey(at)) }).bytes)
    write(`nested/masks/patient${at}/image.png`, makePng('', { rows: rows(inside(at)) }).bytes)
  }
  const { status, stderr } = train(
    ...['--images', 'nested/images', '--exemplar', 'patient2/image.png', '--mask', 'nested/masks/patient2/image.png'],
    ...['--reference', 'nested/masks', '--out', 'out'],
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(filesIn('out/masks')).toEqual(['patient1/image.png', 'patient2/image.png', 'patient3/image.png'])
  expect(json('out/labels.json').files).toEqual(
    [1, 2, 3].map((at) => ({ file: `masks/patient${at}/image.png`, source: `patient${at}/image.png`, ...(at === 2 && { drawn: 'all' }) })),
  )
  const { data } = json('out/config.json')
  expect(data.exemplars).toEqual([{ name: 'patient2/image.png', from: 'file', since: 0 }])
  expect(data.scored).toEqual(['patient1/image.png', 'patient3/image.png'])
  expect(Object.keys(json('out/summary.json').dice.perPatient)).toEqual(['patient1', 'patient3'])
})

test('files that hold image and label are both, and of channels the one that is asked for is used', () => {
  for (const at of [1, 2, 3]) {
    const image = grey(at).flatMap((v) => [v, 0, v / 2])
    write(
      `h5/p${at}_slice_1.h5`,
      makeHdf5({
        image: { shape: [side, side, 3], values: image, type: 'f4' },
        label: { shape: [side, side], values: inside(at), type: 'u1' },
      }),
    )
  }
  const common = [
    '--images',
    'h5',
    '--exemplar',
    'p2_slice_1.h5',
    '--mask',
    'h5/p2_slice_1.h5/label',
    '--reference',
    'h5',
    '--out',
    'out-h5',
  ]
  const { status, stdout, stderr } = train(...common, '--channel', '3')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).not.toMatch(/Left out|is used/)
  expect(filesIn('out-h5/masks')).toEqual(['p1_slice_1.png', 'p2_slice_1.png', 'p3_slice_1.png'])
  expect(json('out-h5/labels.json').files[0]).toEqual({ file: 'masks/p1_slice_1.png', source: 'p1_slice_1.h5/image' })
  expect(Object.keys(json('out-h5/summary.json').dice.perPatient)).toEqual(['p1', 'p3'])
  expect(train(...common, '--channel', '4')).toMatchObject({
    status: 1,
    stderr: '--channel is "4", but must be a whole number from 1 to 3: "p1_slice_1.h5/image" has so many.\n',
  })
})

test('--pairs says which mask is of which image, whatever they are called', () => {
  for (const [i, name] of ['anna', 'bert', 'carl'].entries()) {
    write(`odd/images/${name}.png`, makePng('', { rows: rows(grey(i + 1)) }).bytes)
    write(`odd/masks/x${9 - i}.png`, makePng('', { rows: rows(inside(i + 1)) }).bytes)
  }
  write('odd/pairs.csv', new TextEncoder().encode('image,mask\nbert.png,x8.png\n"odd/images/carl.png", odd/masks/x7.png\n'))
  const given = ['--images', 'odd/images', '--exemplar', 'anna.png', '--mask', 'odd/masks/x9.png', '--out', 'out']
  const scored = (...more: string[]) => {
    const { status, stderr } = train(...given, ...more)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return json('out/config.json').data.scored
  }
  expect(scored('--reference', 'odd/masks')).toEqual([])
  expect(scored('--reference', 'odd/masks', '--pairs', 'odd/pairs.csv')).toEqual(['bert.png', 'carl.png'])
  write('odd/pairs.csv', new TextEncoder().encode('bert.png;x8.png\n'))
  expect(train(...given, '--pairs', 'odd/pairs.csv')).toMatchObject({
    status: 1,
    stderr: 'Line 1 of "odd/pairs.csv" (--pairs) is not understood: write image,mask.\n',
  })
})

test('true masks are not overwritten: --out that holds what is read is refused before the first step', () => {
  for (const at of [1, 2]) {
    write(`hearts/images/p${at}.png`, makePng('', { rows: rows(grey(at)) }).bytes)
    write(`hearts/masks/p${at}.png`, makePng('', { rows: rows(inside(at)) }).bytes)
  }
  const before = filesIn('hearts').map((file) => readFileSync(join(root, 'hearts', file)))
  const given = ['--images', 'hearts/images', '--exemplar', 'p1.png', '--mask', 'p1.png', '--reference', 'hearts/masks']
  expect(train(...given, '--out', 'hearts')).toEqual({
    status: 1,
    stdout: '',
    stderr: '"hearts" (--out) holds "p1.png", which the run reads: choose a folder of its own for what comes out.\n',
  })
  expect(filesIn('hearts').map((file) => readFileSync(join(root, 'hearts', file)))).toEqual(before)
  // A link that leads nowhere is left out by name.
  symlinkSync(join(root, 'gone.png'), join(root, 'hearts/images/p3.png'))
  const { status, stdout } = train(...given, '--out', 'hearts-out')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^Left out: "p3\.png" is a link that leads nowhere\.$/m)
  expect(filesIn('hearts-out/masks')).toEqual(['p1.png', 'p2.png'])
})

/** In the event files of three starts there is what the CSV of one start has. */
function expectSameCurves(events: string, csv: string): void {
  if (!plainPython) return console.log(needsPython('event files'))
  const { scalars, images } = readEvents(join(root, events))
  const [head, ...lines] = readFileSync(join(root, csv), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const known = (column: number) =>
    lines.flatMap((cells) => (cells[column] ? [[Number(cells[0]), Math.fround(Number(cells[column]))]] : []))
  for (const [tag, values] of Object.entries(scalars)) expect(values, tag).toEqual(known(head!.indexOf(tag.split('/')[1]!)))
  expect(scalars['loss/totalA']).toHaveLength(lines.length)
  expect(scalars).toHaveProperty('score/dice')
  for (const pictures of Object.values(images)) expect(pictures.at(-1)![0]).toBe(lines.length)
  expect(Object.keys(images)).toContain('B/pseudoLabel')
}

test('a run that is killed goes on from its last checkpoint, and ends as one that was not', async () => {
  const sample = ['--sample', 'Cardiac phantom']
  const settings = [...sample, ...tiny(15)]
  const watched = ['--tensorboard', 'events']
  expect(run(...settings, '--out', 'whole').status).toBe(0)
  expect(await killed('cut', 'SIGKILL', ...settings, ...watched)).toMatchObject({ status: null, by: 'SIGKILL' })
  const left = await killed('cut-again', 'SIGTERM', ...sample, '--resume', 'cut', ...watched)
  expect(left).toMatchObject({ status: 143, by: null, said: expect.stringContaining('Left by SIGTERM; go on with --resume cut-again') })
  // The newest is damaged: the one before it is taken.
  const newest = readFileSync(join(root, 'cut-again/checkpoint.safetensors'))
  write('cut-again/checkpoint-previous.safetensors', newest)
  newest[newest.length - 100]! ^= 1
  write('cut-again/checkpoint.safetensors', newest)
  const last = run(...sample, '--resume', 'cut-again', '--out', 'cut-again', ...watched)
  expect(last).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('checkpoint.safetensors" is passed over') })
  expect(filesIn('cut-again')).toEqual(filesIn('whole'))
  const [cut, whole] = await Promise.all(['cut-again', 'whole'].map((out) => stateIn(out)))
  expect(cut).toEqual(whole)
  for (const file of ['model-a.safetensors', 'metrics.csv'])
    expect(readFileSync(join(root, 'cut-again', file)).equals(readFileSync(join(root, 'whole', file))), file).toBe(true)
  expectSameCurves('events', 'whole/metrics.csv')
  const longer = run(...sample, '--resume', 'whole', '--steps', '17', '--out', 'longer')
  expect(longer).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^17 steps in /m) })
  expect(json('longer/config.json')).toMatchObject({ step: 17, state: 'finished', config: { steps: 17 } })
  expect(run(...sample, '--resume', 'whole', '--steps', '15', '--out', 'longer').stderr).toBe(
    '--steps is 15, but this run has taken 15 already: give the number of steps in all.\n',
  )
  expect(run(...sample, '--resume', 'whole/masks', '--out', 'x').stderr).toBe(
    'There is no checkpoint.safetensors in "whole/masks" (--resume).\n',
  )
})

test('several masks of an image, by --mask and by lines of a CSV, are one label map', () => {
  const parts = { left: (v: number, i: number) => v * Number(i % side < 8), right: (v: number, i: number) => v * Number(i % side >= 8) }
  for (const at of [3, 4, 5]) {
    write(`lungs/scan_${at}.png`, makePng('', { rows: rows(grey(at)) }).bytes)
    for (const [part, of] of Object.entries(parts))
      write(`drawn/${'abc'[at - 3]}/${part}.png`, makePng('', { rows: rows(inside(at).map(of)) }).bytes)
  }
  const lines = [
    'scan_4.png,drawn/b/left.png',
    'scan_4.png,drawn/b/right.png',
    'scan_5.png,drawn/c/right.png',
    'scan_5.png,drawn/c/left.png',
  ]
  writeFileSync(join(root, 'lungs.csv'), lines.join('\n'))
  const masks = ['--mask', 'drawn/a/left.png', '--mask', 'drawn/a/right.png']
  const { status, stdout, stderr } = train(
    '--images',
    'lungs',
    '--exemplar',
    'scan_3.png',
    ...masks,
    '--pairs',
    'lungs.csv',
    '--out',
    'lungs-out',
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(
    '2 masks were read as one label map of left, right: "left.png", "right.png".\nSo were the masks of 2 other images.\n',
  )
  const { classes } = json('lungs-out/labels.json') as { classes: { name: string; value: string }[] }
  expect(classes.map(({ name, value }) => `${value} ${name}`)).toEqual(['0 background', '1 left', '2 right'])
  expect((json('lungs-out/summary.json') as { dice: { perClass: number[] } }).dice.perClass).toHaveLength(2)
})

test('of cases in several modalities that of the exemplar is used, or the one that is asked for', () => {
  for (const [n, kind] of [1, 2].flatMap((n) => ['flair', 't2'].map((kind) => [n, kind] as const)))
    write(`brats/B_${n}/B_${n}_${kind}.png`, makePng('', { rows: rows(grey(n + 2)) }).bytes)
  write('brats_seg.png', makePng('', { rows: rows(inside(3)) }).bytes)
  const usual = ['--images', 'brats', '--mask', 'brats_seg.png', '--exemplar', 'B_1/B_1_t2.png']
  const { status, stdout } = train(...usual, '--out', 'brats-out')
  expect(status).toBe(0)
  expect(stdout).toContain('Of the modalities flair, t2 of each case t2 is used, as of the exemplar; --modality chooses another.\n')
  const { files } = json('brats-out/labels.json') as { files: { source: string }[] }
  expect(files.map(({ source }) => source)).toEqual(['B_1/B_1_t2.png', 'B_2/B_2_t2.png'])
  expect(train(...usual, '--modality', 'pet', '--out', 'brats-none')).toMatchObject({
    status: 1,
    stderr: '--modality is "pet", but must be one of flair, t2.\n',
  })
})

test('a run goes on from its zip with the images alone, and says which are missing', async () => {
  for (const at of [1, 2, 3]) write(`pile/p${at}_1.png`, makePng('', { rows: rows(grey(at)) }).bytes)
  write('own/e.png', makePng('', { rows: rows(grey(4)) }).bytes)
  write('own/mask.png', makePng('', { rows: rows(inside(4)) }).bytes)
  const first = run(...tiny(3), '--until', '1', '--images', 'pile', '--exemplar', 'own/e.png', '--mask', 'own/mask.png', '--out', 'half')
  expect(first).toMatchObject({ status: 0, stderr: '' })
  write('run.zip', zipSync(Object.fromEntries(filesIn('half').map((name) => [name, readFileSync(join(root, 'half', name))]))))
  expect(run('--images', 'pile', '--resume', 'run.zip', '--out', 'x').stderr).toBe(
    '"run.zip" needs 1 of 4 images: e.png; give them, in any order, to continue at step 1. Until then Timeline replays it without them. Its networks can segment further images without them.\n',
  )
  const rest = ['--images', 'pile', '--unlabeled', 'own/e.png', '--resume', 'run.zip']
  // As a script that is started again does; so long between checkpoints is never.
  expect(run(...rest, '--until', '1', '--checkpoint-every', '9999999', '--out', 'same')).toMatchObject({ status: 0, stderr: '' })
  expect(json('same/summary.json').steps).toBe(1)
  const last = run(...rest, '--out', 'rest')
  expect(last).toMatchObject({ status: 0, stderr: '' })
  expect(json('rest/summary.json').steps).toBe(3)
  run(...tiny(3), '--images', 'pile', '--exemplar', 'own/e.png', '--mask', 'own/mask.png', '--out', 'whole-pile')
  expect(await stateIn('rest')).toEqual(await stateIn('whole-pile'))
  for (const name of ['choices.json', 'masks/p2_1.png'])
    expect(Buffer.compare(readFileSync(join(root, 'rest', name)), readFileSync(join(root, 'whole-pile', name))), name).toBe(0)
})

test('names that look like a person are told; --rename takes them out of all that is written, but for a file of its own', () => {
  for (const [n, name] of ['smith-anna_s1', 'smith-anna_s2', 'jones_19570423'].entries()) {
    write(`named/images/${name}.png`, makePng('', { rows: rows(grey(1 + n)) }).bytes)
    write(`named/masks/${name}.png`, makePng('', { rows: rows(inside(1 + n)) }).bytes)
  }
  const args = [
    ...['--images', 'named/images', '--exemplar', 'smith-anna_s1.png', '--mask', 'smith-anna_s1.png'],
    ...['--reference', 'named/masks', '--out', 'named/out'],
  ]
  const inOut = train(...args, '--rename', 'named/out/names.csv')
  expect([inOut.status, inOut.stderr]).toEqual([1, expect.stringContaining('choose a place outside')])
  const plain = train(...args)
  expect(plain.stdout).toContain('names of 6 files look like a person\'s: "smith-anna_s1.png" has a given name')
  const { status, stderr, stdout } = train(...args, '--rename', 'named/names.csv')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).not.toContain('look like')
  expect(readFileSync(join(root, 'named/names.csv'), 'utf8').split('\n').sort()).toEqual(
    ['', 'case,file', 'case-001_01.png,smith-anna_s1.png', 'case-001_02.png,smith-anna_s2.png', 'case-002.png,jones_19570423.png'].sort(),
  )
  expect(filesIn('named/out/masks')).toEqual(['case-001_01.png', 'case-001_02.png', 'case-002.png'])
  expect(Object.keys(json('named/out/summary.json').dice.perPatient)).toEqual(['case-002'])
  for (const file of filesIn('named/out').filter((name) => !/^model|^test-vector/.test(name)))
    expect(readFileSync(join(root, 'named/out', file), 'latin1').match(/smith|jones|19570423/), file).toBe(null)
})
