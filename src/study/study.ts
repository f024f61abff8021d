/** What a study is: arms x seeds x exemplars over data sets, read from its file and checked before anything runs. */
import { InputError } from '../data/input-error'
import type { PhantomKind } from '../data/phantom'
import { digestOf } from '../lib/digest'
import { ConfigError, defaults, formerDefaults, keys, makeConfig, type Config } from '../method/config'

/** One way of training. */
export interface Arm {
  settings: Partial<Config>
  /** Which true masks are learnt from: the exemplar's, or those of all training images, the ceiling. */
  labels: 'exemplar' | 'all'
}

/** Synthetic patients: the first are trained on, the others are scored and never trained on. */
export interface PhantomData {
  phantom: PhantomKind
  patients: number
  slices: number
  unseen: number
  size: number
}

/** Files, by paths from the study's folder. */
export interface FileData {
  images: string[]
  masks: string[]
  /** Regular expression whose first group, in an image's path, is its patient; null for the rule of all commands. */
  patient: string | null
  /** Images that are scored and never trained on; null to score what is trained on without its masks, of other patients than the exemplar's. */
  unseen: { images: string[]; masks: string[] } | null
}

/** One annotated image: of a phantom the middle slice of a patient, numbered from 1. */
export type ExemplarSpec = { patient: number } | { image: string; mask: string | null; slice: number | null }

export interface StudyData {
  source: PhantomData | FileData
  exemplars: { name: string; spec: ExemplarSpec }[]
  settings: Partial<Config>
}

/** One run of a study. */
export interface Cell {
  /** A digest of what determines the run. */
  key: string
  /** Readable, and unique by the key in it. */
  name: string
  data: string
  arm: string
  exemplar: string
  seed: number
  config: Config
  labels: Arm['labels']
  /** Steps after which it is scored; the last is its end. */
  scoreAt: number[]
}

export interface Study {
  name: string
  /** Where paths start, from the folder of the study's file. */
  folder: string
  data: ReadonlyMap<string, StudyData>
  arms: ReadonlyMap<string, Arm>
  /** Pairs of arms that the report compares: the first minus the second. */
  compare: (readonly [string, string])[]
  /** All runs, the most urgent first. */
  cells: Cell[]
}

type Fields = Record<string, unknown>

const refuse = (sentence: string): never => {
  throw new InputError(`The study: ${sentence}`, '')
}

/** An object with none but these fields. */
function fieldsOf(value: unknown, what: string, known: readonly string[] | null): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(`${what} must be an object {...}.`)
  const strange = known && Object.keys(value).find((key) => !known.includes(key))
  if (strange) refuse(`${what} has "${strange}", but may have ${known.join(', ')}.`)
  return value as Fields
}

function textOf(value: unknown, what: string): string {
  return typeof value === 'string' && value !== '' ? value : refuse(`${what} must be a text.`)
}

function numberOf(value: unknown, what: string, least: number): number {
  return Number.isInteger(value) && (value as number) >= least
    ? (value as number)
    : refuse(`${what} must be a whole number, at least ${least}.`)
}

function listOf<T>(value: unknown, what: string, one: (value: unknown, what: string) => T): T[] {
  if (!Array.isArray(value) || value.length === 0) return refuse(`${what} must be a list [...] of at least one.`)
  return value.map((item, i) => one(item, `${what}, number ${i + 1},`))
}

const someTexts = (value: unknown, what: string): string[] => (Array.isArray(value) ? listOf(value, what, textOf) : [textOf(value, what)])

function settingsOf(value: unknown, what: string): Partial<Config> {
  const given = fieldsOf(value ?? {}, what, null)
  if ('seed' in given) refuse(`${what} have "seed": give it in "seeds".`)
  try {
    const all = makeConfig(given)
    return Object.fromEntries(keys.filter((key) => key in given).map((key) => [key, all[key]])) as Partial<Config>
  } catch (error) {
    if (error instanceof ConfigError) return refuse(`${what}: ${error.message}`)
    throw error
  }
}

const phantomFields = ['phantom', 'patients', 'slices', 'unseen', 'size', 'exemplars', 'settings'] as const
const fileFields = ['images', 'masks', 'patient', 'unseen', 'exemplars', 'settings'] as const

function dataOf(value: unknown, what: string): StudyData {
  const any = fieldsOf(value, what, null)
  if ('phantom' in any) {
    const given = fieldsOf(any, what, phantomFields)
    const phantom = given['phantom']
    if (phantom !== 'cardiac' && phantom !== 'abdominal') return refuse(`${what}: "phantom" must be "cardiac" or "abdominal".`)
    const whole = (key: (typeof phantomFields)[number], usual: number) => numberOf(given[key] ?? usual, `${what}: "${key}"`, 1)
    const patients = whole('patients', 20)
    const exemplars = listOf(given['exemplars'] ?? [1], `${what}: "exemplars"`, (one, which) => {
      const patient = numberOf(one, which, 1)
      return patient <= patients
        ? { name: `patient ${patient}`, spec: { patient } }
        : refuse(`${which} is none of the ${patients} patients.`)
    })
    const source = { phantom, patients, slices: whole('slices', 5), unseen: whole('unseen', 20), size: whole('size', 128) } as const
    return { source, exemplars, settings: settingsOf(given['settings'], `${what}: the settings`) }
  }
  const given = fieldsOf(any, what, fileFields)
  const masks = someTexts(given['masks'], `${what}: "masks"`)
  const patient = given['patient'] === undefined ? null : textOf(given['patient'], `${what}: "patient"`)
  try {
    new RegExp(patient ?? '')
  } catch {
    refuse(`${what}: "patient" is no regular expression.`)
  }
  const unseen = given['unseen'] === undefined ? null : fieldsOf(given['unseen'], `${what}: "unseen"`, ['images', 'masks'])
  const exemplars = listOf(given['exemplars'], `${what}: "exemplars"`, (one, which) => {
    const all = typeof one === 'string' ? { image: one } : fieldsOf(one, which, ['image', 'mask', 'slice'])
    const image = textOf(all['image'], `${which} "image"`)
    const slice = all['slice'] === undefined ? null : numberOf(all['slice'], `${which} "slice"`, 1)
    const mask = all['mask'] === undefined ? null : textOf(all['mask'], `${which} "mask"`)
    return { name: slice === null ? image : `${image} slice ${slice}`, spec: { image, mask, slice } }
  })
  return {
    source: {
      images: someTexts(given['images'], `${what}: "images"`),
      masks,
      patient,
      unseen: unseen && {
        images: someTexts(unseen['images'], `${what}: "images" of "unseen"`),
        masks: someTexts(unseen['masks'], `${what}: "masks" of "unseen"`),
      },
    },
    exemplars,
    settings: settingsOf(given['settings'], `${what}: the settings`),
  }
}

function armOf(value: unknown, what: string): Arm {
  const given = fieldsOf(value, what, ['settings', 'labels'])
  const labels = given['labels'] ?? 'exemplar'
  if (labels !== 'exemplar' && labels !== 'all') return refuse(`${what}: "labels" must be "exemplar" or "all".`)
  return { settings: settingsOf(given['settings'], `${what}: the settings`), labels }
}

function namedOf<T>(value: unknown, what: string, one: (value: unknown, what: string) => T): Map<string, T> {
  const entries = Object.entries(fieldsOf(value, what, null))
  if (entries.length === 0) refuse(`${what} must have at least one.`)
  const strange = entries.find(([name]) => /[,|<>\n]/.test(name))
  if (strange) refuse(`the name "${strange[0]}" may not have , | < or >.`)
  return new Map(entries.map(([name, item]) => [name, one(item, `"${name}"`)]))
}

/** The ones of a list, checked to be known; all of them where none are named. */
function chosen(value: unknown, what: string, known: readonly string[]): string[] {
  if (value === undefined) return [...known]
  return listOf(value, what, (one) => {
    const name = textOf(one, what)
    return known.includes(name)
      ? name
      : refuse(`${what} has "${name}", but there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.`)
  })
}

/**
 * Digest of what determines a run: data, exemplar, labels, settings and where it is scored. By `formerDefaults` a cell keeps its key, and is not run
 * again, when a default changes.
 */
function keyOf(source: StudyData['source'], spec: ExemplarSpec, { config, labels, scoreAt }: Omit<Cell, 'key' | 'name'>): string {
  const former: Config = { ...defaults, ...formerDefaults }
  const differing = keys.filter((key) => config[key] !== former[key]).sort()
  const all = [source, spec, labels, differing.map((key) => [key, config[key]]), scoreAt]
  return digestOf(new TextEncoder().encode(JSON.stringify(all)))
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

const studyFields = ['name', 'about', 'folder', 'settings', 'scoreAt', 'seeds', 'data', 'arms', 'compare', 'runs'] as const

/**
 * Reads the text of a study's file.
 * @throws InputError with one sentence
 */
export function readStudy(text: string): Study {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return refuse(`its file is no JSON (${(error as Error).message}).`)
  }
  const given = fieldsOf(json, 'the file', studyFields)
  const settings = settingsOf(given['settings'], 'the settings')
  const seeds = listOf(given['seeds'], '"seeds"', (one, what) => numberOf(one, what, 0))
  const points = given['scoreAt'] === undefined ? [] : listOf(given['scoreAt'], '"scoreAt"', (one, what) => numberOf(one, what, 1))
  const data = namedOf(given['data'], '"data"', dataOf)
  const arms = namedOf(given['arms'], '"arms"', armOf)
  const pairOf = (value: unknown, what: string): readonly [string, string] => {
    const [first, second, ...more] = chosen(value, what, [...arms.keys()])
    return first && second && more.length === 0 ? [first, second] : refuse(`${what} must be two arms.`)
  }
  const compare = given['compare'] === undefined ? [] : listOf(given['compare'], '"compare"', pairOf)

  const cells = new Map<string, Cell>()
  const add = (arm: string, of: string, seed: number, exemplar: StudyData['exemplars'][number]) => {
    const { source, settings: own } = data.get(of)!
    const { labels, settings: armSettings } = arms.get(arm)!
    const config = makeConfig({ ...settings, ...own, ...armSettings, seed })
    const { steps } = config
    const scoreAt = [...new Set([...points.filter((step) => step < steps), steps])].sort((a, b) => a - b)
    const cell = { data: of, arm, exemplar: exemplar.name, seed, config, labels, scoreAt }
    const key = keyOf(source, exemplar.spec, cell)
    const id = `${key} ${arm}`
    if (!cells.has(id)) cells.set(id, { key, name: `${slug(of)}.${slug(exemplar.name)}.${slug(arm)}.s${seed}.${key}`, ...cell })
  }
  for (const [i, run] of listOf(given['runs'] ?? [{}], '"runs"', (one) => one).entries()) {
    const what = `"runs", number ${i + 1},`
    const block = fieldsOf(run, what, ['data', 'arms', 'seeds', 'exemplars'])
    const ownData = chosen(block['data'], `${what} "data"`, [...data.keys()])
    const ownArms = chosen(block['arms'], `${what} "arms"`, [...arms.keys()])
    const ownSeeds = chosen(
      block['seeds'] === undefined ? undefined : listOf(block['seeds'], `${what} "seeds"`, (one) => String(one)),
      `${what} "seeds"`,
      seeds.map(String),
    ).map(Number)
    const most = Math.max(...ownData.map((name) => data.get(name)!.exemplars.length))
    const count = block['exemplars'] === undefined ? most : numberOf(block['exemplars'], `${what} "exemplars"`, 1)
    // The arms are innermost: what is compared is complete early.
    for (const seed of ownSeeds)
      for (let e = 0; e < Math.min(count, most); e++)
        for (const of of ownData) {
          const exemplar = data.get(of)!.exemplars[e]
          if (exemplar) for (const arm of ownArms) add(arm, of, seed, exemplar)
        }
  }
  return {
    name: textOf(given['name'], '"name"'),
    folder: given['folder'] === undefined ? '.' : textOf(given['folder'], '"folder"'),
    data,
    arms,
    compare,
    cells: [...cells.values()],
  }
}
