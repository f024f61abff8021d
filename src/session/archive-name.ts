/** What an exported zip is called: so that runs can be told apart in a folder, and without a word of the user's own, which may be a patient's name. */
import { digestOf } from '../lib/digest'
import { keys, makeConfig, nearestPreset, presets, type Config, type Key } from '../method/config'
import type { ExportKind } from './events'
import type { Networks } from './networks'

/** Four digits that tell texts apart. */
const shortDigest = (text: string) => digestOf(new TextEncoder().encode(text)).slice(0, 4)

/** These are in the name themselves. */
const said: readonly Key[] = ['steps', 'seed']

/** The nearest preset, and four digits more where the settings are not its own: "quick", "quick-3f2a". */
function settingsName(config: Config): string {
  const { preset } = nearestPreset(config)
  const usual = makeConfig(presets[preset])
  const others = keys.filter((key) => !said.includes(key) && config[key] !== usual[key])
  const digest = shortDigest(JSON.stringify(others.map((key) => [key, config[key]])))
  return preset.toLowerCase() + (others.length > 0 ? `-${digest}` : '')
}

/** The sample, or how many images were learnt from, and four digits of what is in all of them: "36-images-9c1e". Networks from a file have none. */
function dataName({ sample, unlabeled }: Networks['dataset']): string | null {
  if (sample) return sample.toLowerCase().replaceAll(' ', '-')
  if (unlabeled.length === 0) return null
  const ids = unlabeled.map(({ id }) => id).sort()
  return `${ids.length}-image${ids.length === 1 ? '' : 's'}-${shortDigest(ids.join())}`
}

/** "2026-11-27-0342", as the clock of this machine shows it. */
function timeName(made: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${made.getFullYear()}-${two(made.getMonth() + 1)}-${two(made.getDate())}-${two(made.getHours())}${two(made.getMinutes())}`
}

/** "exemplar-lab-run-step-600-cardiac-phantom-quick-seed-1-2026-11-27-0342" */
export function archiveName(what: ExportKind, { t, dataset, config }: Pick<Networks, 't' | 'dataset' | 'config'>, made: Date): string {
  const data = dataName(dataset)
  return [
    ...['exemplar-lab', what, `step-${t}`],
    ...(data ? [data] : []),
    ...[settingsName(config), `seed-${config.seed}`, timeName(made)],
  ].join('-')
}
