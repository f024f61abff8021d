/** npm run predict: images segmented by the networks of a run, without training. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { maxArchiveBytes } from '../data/image-size'
import { makeConfig, maskKeys, type Key } from '../method/config'
import { openCheckpoint } from '../session/checkpoint'
import type { DatasetSummary, SessionEvent } from '../session/events'
import { usualOptions } from '../session/export-files'
import { archiveOf, differences, isRunArchive, openRunArchive, openRunFiles, type RunArchive } from '../session/run-archive'
import './pipelines'
import { runCommand, UsageError } from './arguments'
import { asUsage } from './as-usage'
import type { Values } from './command'
import { predict } from './commands'
import { fromPath, placeAt } from './given-path'
import { filesIn, sayLeft } from './input-files'
import { openSession } from './open-session'
import { privacyNotes, tellCases } from './privacy'
import { masksIn, newestCheckpoint, predictionFormat, RunFolder } from './run-folder'

/** The run at a path: a folder or zip of a run or of weights, or a checkpoint. @throws UsageError */
async function runAt(path: string): Promise<RunArchive> {
  const place = placeAt(path)
  if (!place) throw new UsageError(`There is no folder or file "${path}" (--run).`)
  if (place.folder) {
    const find = (own: string) => (existsSync(join(path, own)) ? fromPath(join(path, own), own) : null)
    if (find('config.json')) return openRunFiles(basename(path), maxArchiveBytes, (own) => Promise.resolve(find(own)))
    // A run that has not ended has checkpoints alone.
    const { checkpoint, passedOver } = await newestCheckpoint(path, '--run')
    if (passedOver) console.log(passedOver)
    return archiveOf(checkpoint, basename(path))
  }
  const file = fromPath(place.path, basename(place.path))
  return (await isRunArchive(file)) ? openRunArchive(file) : archiveOf(await openCheckpoint(await file.read()), file.name)
}

/** Settings of what becomes of predictions. @throws UsageError */
function settings(pairs: readonly string[]): Partial<Record<Key, string>> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf('=')
    const key = pair.slice(0, at) as Key
    if (at < 1 || !maskKeys.includes(key))
      throw new UsageError(
        `--set ${pair} is not understood: of networks that are trained only ${maskKeys.join(' and ')} can be set, as in --set ${maskKeys[0]}=true.`,
      )
    return [key, pair.slice(at + 1)] as const
  })
  return Object.fromEntries(entries)
}

async function main(values: Values<typeof predict>): Promise<void> {
  const set = settings(values.set ?? [])
  const files = filesIn(values.images, '--images')
  const run = await runAt(values.run)
  if (!run.networks) throw new UsageError(`"${values.run}" (--run) holds no networks that have learnt anything: train first.`)
  const inputs = files.map(({ path }) => path)
  const folder = new RunFolder(values.out, inputs, 'predictions')
  const told = differences(run)
  if (told) console.log(told)

  const problems: string[] = []
  let summary: DatasetSummary | null = null
  let unlike: string[] = []
  const receive = (event: SessionEvent) => {
    if (event.type === 'problem') problems.push(event.message)
    else if (event.type === 'dataset') summary = event.dataset
    else if (event.type === 'predictions') unlike = event.predictions.unlike
    else if (event.type === 'recovered' && event.message) console.log(event.message)
  }
  const session = await openSession(values, receive)
  await session.useNetworks({ ...run, config: makeConfig(set, run.config) })
  const { records } = await session.loadFiles(files.map((file) => ({ role: 'further', file })))
  problems.push(...sayLeft(records))
  await session.settled()
  const found = summary as DatasetSummary | null
  if (!found || found.further.images.length === 0) throw new UsageError([...problems, 'There is no image to segment.'].join('\n'))
  for (const problem of problems) console.log(`Left out: ${problem}`)
  const options = { ...usualOptions, keepIdentifiers: values['keep-identifiers'] === true, rename: values.rename !== undefined }
  for (const note of privacyNotes(found, options)) console.log(note)
  if (values.rename !== undefined) tellCases(await session.caseNames(), values.rename, folder)
  for (const sentence of unlike) console.log(sentence)

  const masks = await session.files('masks', options)
  const { backend, adapter } = session.backend
  const about = { format: predictionFormat, steps: run.networks.step, backend, adapter }
  const text = JSON.stringify({ ...about, images: found.further.images.length, masks: masksIn(masks), unlike }, null, 2) + '\n'
  folder.finish({ ...masks, 'summary.json': new TextEncoder().encode(text) })
  console.log(`${found.further.images.length} images segmented by the networks of step ${run.networks.step}; files are in ${values.out}`)
}

await runCommand(predict, (values) => main(values).catch(asUsage))
// Dawn keeps Node alive.
process.exit()
