/**
 * Every setting of a run: key, default, range, label, hint, and where the default comes from. The form, the run file, the address
 * bar and the command line all read this one table. Marks as in docs/method.md: nothing here is known to be the paper's value.
 */

/** confirmed: stated in the abstract; inferred: the closest public neighbour's value; measured: our reference runs; choice: ours. */
export type Mark = 'confirmed' | 'inferred' | 'measured' | 'choice'

export type Group = 'Run' | 'Data' | 'Network' | 'Masks' | 'Teaching' | 'Synthesis' | 'Perturbation' | 'Optimiser'

interface Common {
  label: string
  hint: string
  group: Group
  mark: Mark
}
export interface NumberParameter extends Common {
  kind: 'number'
  default: number
  min: number
  max: number
  /** Step of the form's spin button; a whole number means that only whole numbers are allowed. */
  step: number
}
export interface SwitchParameter extends Common {
  kind: 'switch'
  default: boolean
}
export interface ChoiceParameter<T extends string = string> extends Common {
  kind: 'choice'
  default: T
  options: readonly T[]
}
export type Parameter = NumberParameter | SwitchParameter | ChoiceParameter

type Given<P extends Parameter> = Omit<P, 'kind' | 'group' | 'label'>

const number = (group: Group, label: string, given: Given<NumberParameter>): NumberParameter => ({ kind: 'number', group, label, ...given })
const toggle = (group: Group, label: string, given: Given<SwitchParameter>): SwitchParameter => ({ kind: 'switch', group, label, ...given })
const choice = <const T extends string>(
  group: Group,
  label: string,
  given: Omit<Given<ChoiceParameter<T>>, 'default'> & { default: NoInfer<T> },
): ChoiceParameter<T> => ({ kind: 'choice', group, label, ...given })

export const parameters = {
  steps: number('Run', 'Steps', {
    default: 2000,
    min: 1,
    max: 100_000,
    step: 1,
    mark: 'choice',
    hint: 'Training steps T. The neighbours run 30,000; a browser run is 1 to 4 thousand.',
  }),
  seed: number('Run', 'Seed', {
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    step: 1,
    mark: 'choice',
    hint: 'Same seed, data and backend: same run.',
  }),
  size: number('Run', 'Image size', {
    default: 64,
    min: 16,
    max: 512,
    step: 16,
    mark: 'choice',
    hint: 'Side of the square network input in pixels, a multiple of 16. Time grows with its square.',
  }),
  batchLabeled: number('Run', 'Labelled batch', {
    default: 4,
    min: 1,
    max: 32,
    step: 1,
    mark: 'choice',
    hint: 'Exemplar and synthetic images per step. The neighbours use 12.',
  }),
  batchUnlabeled: number('Run', 'Unlabelled batch', {
    default: 4,
    min: 1,
    max: 32,
    step: 1,
    mark: 'choice',
    hint: 'Unlabelled images per step. The neighbours use 12.',
  }),
  parts: number('Run', 'Batch parts', {
    default: 1,
    min: 1,
    max: 32,
    step: 1,
    mark: 'choice',
    hint: 'Parts a batch is taken in where it needs too much memory at once: the same result, a third slower. Not with BatchNorm.',
  }),
  scoreEvery: number('Run', 'Score every', {
    default: 50,
    min: 1,
    max: 10_000,
    step: 1,
    mark: 'choice',
    hint: 'Steps between Dice scores; they cost one prediction per reference image.',
  }),
  precision: choice('Run', 'Precision', {
    default: 'f32',
    options: ['f32', 'f16'],
    mark: 'choice',
    hint: 'f16 stores activations in half the memory, on WebGPU with GroupNorm; weights and sums stay f32.',
  }),

  crop: number('Data', 'Central crop', {
    default: 1,
    min: 0.2,
    max: 1,
    step: 0.05,
    mark: 'choice',
    hint: 'Central share of each image, or of the region below, to use; 1 takes all of it. Below 1 the crop is square.',
  }),
  regionX: number('Data', 'Region left', {
    default: 0,
    min: 0,
    max: 1,
    step: 0.01,
    mark: 'choice',
    hint: 'Left edge of the region of interest as a share of the width.',
  }),
  regionY: number('Data', 'Region top', {
    default: 0,
    min: 0,
    max: 1,
    step: 0.01,
    mark: 'choice',
    hint: 'Top edge of the region of interest as a share of the height.',
  }),
  regionWidth: number('Data', 'Region width', {
    default: 1,
    min: 0.02,
    max: 1,
    step: 0.01,
    mark: 'choice',
    hint: 'Width of the region of interest as a share of the width; outside it every mask is background.',
  }),
  regionHeight: number('Data', 'Region height', {
    default: 1,
    min: 0.02,
    max: 1,
    step: 0.01,
    mark: 'choice',
    hint: 'Height of the region of interest as a share of the height.',
  }),
  windowCenter: number('Data', 'Window centre', {
    default: 0,
    min: -1_000_000,
    max: 1_000_000,
    step: 0.01,
    mark: 'choice',
    hint: 'Value in the middle of the window, in the units of the files, such as HU.',
  }),
  windowWidth: number('Data', 'Window width', {
    default: 0,
    min: 0,
    max: 1_000_000,
    step: 0.01,
    mark: 'choice',
    hint: 'Values this far apart become black and white; 0 stretches the 1st to 99.5th percentile of each image.',
  }),

  baseWidth: number('Network', 'Base width', {
    default: 8,
    min: 4,
    max: 32,
    step: 4,
    mark: 'choice',
    hint: 'Channels of the first level, doubled at each of five levels: 8 gives 8-128; the neighbours use 16-256.',
  }),
  norm: choice('Network', 'Norm', {
    default: 'group',
    options: ['group', 'batch'],
    mark: 'measured',
    hint: 'GroupNorm; BatchNorm scored 0.10 against 0.51 in short runs with mixed batches.',
  }),
  dropout: number('Network', 'Dropout', {
    default: 0.3,
    min: 0,
    max: 0.8,
    step: 0.05,
    mark: 'choice',
    hint: 'Element dropout at the deepest level; a third of it one level above, none elsewhere.',
  }),
  inference: choice('Network', 'Inference', {
    default: 'mean',
    options: ['mean', 'A', 'B'],
    mark: 'choice',
    hint: 'Masks come from the mean of both softmaxes, or from one model.',
  }),

  largest: toggle('Masks', 'Largest piece only', {
    default: false,
    mark: 'measured',
    hint: 'Of a class that the exemplar shows in one piece, the largest piece of each mask; of a volume in three dimensions. Nothing that is learnt changes.',
  }),
  holes: toggle('Masks', 'Fill holes', {
    default: false,
    mark: 'measured',
    hint: 'Background that a class without holes in the exemplar encloses becomes that class, of a volume in three dimensions.',
  }),

  synthetic: toggle('Teaching', 'Synthetic data', {
    default: true,
    mark: 'confirmed',
    hint: 'Train on exemplar structures pasted onto other backgrounds (L_S).',
  }),
  imageTerm: toggle('Teaching', 'Image term', {
    default: true,
    mark: 'confirmed',
    hint: 'Pseudo-labels supervise predictions of strongly perturbed images (L_ip).',
  }),
  featureTerm: toggle('Teaching', 'Feature term', {
    default: true,
    mark: 'confirmed',
    hint: 'Pseudo-labels supervise predictions from perturbed multi-level features (L_fp).',
  }),
  teacher: choice('Teaching', 'Taught by', {
    default: 'cross',
    options: ['cross', 'self'],
    mark: 'confirmed',
    hint: 'cross: each model learns from the other; self: from itself, the control.',
  }),
  draws: choice('Teaching', 'Draws of A and B', {
    default: 'shared',
    options: ['shared', 'own', 'apart'],
    mark: 'choice',
    hint: 'own: labelled images, strong views and boxes for each model; apart: also its half of the bank. On hearts own lost 0.03 of Dice after 600 steps, on the cardiac phantom nothing (six pairs of runs each), after 2000 nothing on either, and A and B did not teach each other better than themselves.',
  }),
  tau: number('Teaching', 'Confidence threshold', {
    default: 0.8,
    min: 0,
    max: 1.01,
    step: 0.01,
    mark: 'measured',
    hint: 'tau: pixels at or above it are learnt from. 0 uses every pixel, above 1 none. UniMatch uses 0.95.',
  }),
  lambdaE: number('Teaching', 'Exemplar weight', {
    default: 1,
    min: 0,
    max: 10,
    step: 0.1,
    mark: 'choice',
    hint: 'Weight of the loss on exemplar images.',
  }),
  lambdaS: number('Teaching', 'Synthetic weight', {
    default: 1,
    min: 0,
    max: 10,
    step: 0.1,
    mark: 'choice',
    hint: 'lambda_s: weight of the loss on synthetic images.',
  }),
  lambdaIp: number('Teaching', 'Image term weight', {
    default: 0.5,
    min: 0,
    max: 10,
    step: 0.1,
    mark: 'inferred',
    hint: 'lambda_ip (UniMatch).',
  }),
  lambdaFp: number('Teaching', 'Feature term weight', {
    default: 0.5,
    min: 0,
    max: 10,
    step: 0.1,
    mark: 'inferred',
    hint: 'lambda_fp (UniMatch).',
  }),
  classBalance: number('Teaching', 'Class balance', {
    default: 0,
    min: 0,
    max: 1,
    step: 0.1,
    mark: 'measured',
    hint: 'How a pixel counts in the labelled cross-entropy: n^-balance, of a class of n pixels. 0.5 gained 0.05 of Dice on CT and 0.01 on hearts after 600 steps, nothing after 2000.',
  }),
  unsupervisedLoss: choice('Teaching', 'Unlabelled loss', {
    default: 'dice',
    options: ['dice', 'ce'],
    mark: 'inferred',
    hint: 'Dice on confident pixels (UniMatch, medical) or masked cross-entropy over all pixels.',
  }),
  warmup: number('Teaching', 'Warm-up', {
    default: 0.25,
    min: 0,
    max: 0.9,
    step: 0.05,
    mark: 'measured',
    hint: 'Share of the run on labelled data alone. Without it a model can collapse to background.',
  }),
  ramp: number('Teaching', 'Ramp', {
    default: 0.15,
    min: 0,
    max: 0.9,
    step: 0.05,
    mark: 'choice',
    hint: 'Share of the run after warm-up in which the unlabelled terms grow as exp(-5 (1 - t)^2).',
  }),

  exemplarShare: number('Synthesis', 'Exemplar share', {
    default: 0.5,
    min: 0,
    max: 1,
    step: 0.05,
    mark: 'choice',
    hint: 'Share of the labelled batch that is the augmented exemplar; the rest is synthetic.',
  }),
  background: choice('Synthesis', 'Background', {
    default: 'unlabeled',
    options: ['unlabeled', 'exemplar', 'mixed'],
    mark: 'choice',
    hint: 'What exemplar structures are pasted on: unlabelled images, the exemplar with its structures filled in, or either.',
  }),
  outsideLabel: choice('Synthesis', 'Outside the paste', {
    default: 'unknown',
    options: ['unknown', 'background'],
    mark: 'measured',
    hint: 'unknown: weight 0 there; background: the literal copy-paste, 0.45 against 0.51.',
  }),
  exemplarRotation: number('Synthesis', 'Exemplar rotation', {
    default: 40,
    min: 0,
    max: 180,
    step: 5,
    mark: 'measured',
    hint: 'Up to this many degrees either way.',
  }),
  exemplarScale: number('Synthesis', 'Exemplar scale', {
    default: 1.4,
    min: 1,
    max: 3,
    step: 0.05,
    mark: 'inferred',
    hint: 'From 1/s to s times (nnU-Net 0.7-1.4).',
  }),
  exemplarShift: number('Synthesis', 'Exemplar shift', {
    default: 0.12,
    min: 0,
    max: 0.5,
    step: 0.01,
    mark: 'choice',
    hint: 'Up to this share of the side.',
  }),
  elastic: number('Synthesis', 'Elastic', {
    default: 0.06,
    min: 0,
    max: 0.3,
    step: 0.01,
    mark: 'measured',
    hint: 'Displacement of a smooth random warp, in half sides.',
  }),
  atlases: number('Synthesis', 'Bank of pseudo-exemplars', {
    default: 0,
    min: 0,
    max: 30,
    step: 1,
    mark: 'choice',
    hint: 'Unlabelled images, one a patient, that registration labels from the exemplar before the first step and that train like exemplars; 0 is off. 7 gained 0.03 of Dice on hearts (nine pairs of runs; half at equal minutes) and lost 0.04 on the cardiac phantom (six); after 2000 steps 0.03 (five) and 0.09 (five).',
  }),
  atlasShare: number('Synthesis', 'Bank share', {
    default: 0.6,
    min: 0,
    max: 1,
    step: 0.05,
    mark: 'choice',
    hint: 'How often an exemplar is drawn from the bank.',
  }),
  stack: number('Synthesis', 'Along the stack', {
    default: 0,
    min: 0,
    max: 50,
    step: 1,
    mark: 'choice',
    hint: 'Slices before and after the exemplar, in its volume or cine, that its labels are carried to; they join the bank. 0 is off. On CT 12 slices lost 0.13 of Dice after 600 steps, nothing after 2000 (three seeds each); 2 or 4 lost 0.03 to 0.04 after 600 (one).',
  }),
  atlasPool: number('Synthesis', 'Bank pool', {
    default: 250,
    min: 1,
    max: 2000,
    step: 1,
    mark: 'choice',
    hint: 'Images that the bank is chosen from, spread evenly over patients; each costs about a twentieth of a second.',
  }),
  atlasAgreement: number('Synthesis', 'Bank agreement', {
    default: 0.7,
    min: 0,
    max: 1,
    step: 0.05,
    mark: 'choice',
    hint: 'Least Dice of the exemplar and its labels carried to an image and back.',
  }),
  atlasRotation: number('Synthesis', 'Bank rotation', {
    default: 75,
    min: 0,
    max: 180,
    step: 5,
    mark: 'choice',
    hint: 'Degrees either way that an image may be turned against the exemplar; 15 where a body has a side, as in CT.',
  }),
  exemplarIntensity: number('Synthesis', 'Exemplar intensity', {
    default: 1,
    min: 0,
    max: 2,
    step: 0.1,
    mark: 'measured',
    hint: 'Strength of random gamma, gain and offset; 0 turns them off.',
  }),

  weakRotation: number('Perturbation', 'Weak rotation', {
    default: 25,
    min: 0,
    max: 180,
    step: 5,
    mark: 'choice',
    hint: 'Degrees either way, shared by all views of an image (UniMatch 20).',
  }),
  weakScale: number('Perturbation', 'Weak scale', {
    default: 1.2,
    min: 1,
    max: 2,
    step: 0.05,
    mark: 'choice',
    hint: 'From 1/s to s times.',
  }),
  weakShift: number('Perturbation', 'Weak shift', {
    default: 0.05,
    min: 0,
    max: 0.5,
    step: 0.01,
    mark: 'choice',
    hint: 'Up to this share of the side.',
  }),
  flip: toggle('Perturbation', 'Flips and quarter turns', {
    default: false,
    mark: 'choice',
    hint: 'UniMatch uses them; off where left and right differ, as for kidneys or ventricles.',
  }),
  strongJitter: number('Perturbation', 'Strong jitter', {
    default: 0.5,
    min: 0,
    max: 1,
    step: 0.05,
    mark: 'inferred',
    hint: 'Brightness and contrast factors within 1 ± this, with probability 0.8 (UniMatch).',
  }),
  strongBlur: number('Perturbation', 'Strong blur', {
    default: 1.2,
    min: 0,
    max: 4,
    step: 0.1,
    mark: 'choice',
    hint: 'Largest Gaussian sigma in pixels, with probability 0.5 (UniMatch 2.0 at 256 px).',
  }),
  strongNoise: number('Perturbation', 'Strong noise', {
    default: 0.08,
    min: 0,
    max: 0.5,
    step: 0.01,
    mark: 'choice',
    hint: 'Largest noise sigma, with probability 0.3; gamma 0.6-1.6 likewise.',
  }),
  cutmix: number('Perturbation', 'CutMix', {
    default: 0.5,
    min: 0,
    max: 1,
    step: 0.05,
    mark: 'inferred',
    hint: 'Probability that a box of another image is pasted into the strong view.',
  }),
  featurePerturb: choice('Perturbation', 'Feature perturbation', {
    default: 'all',
    options: ['all', 'each', 'random'],
    mark: 'inferred',
    hint: 'all levels at once; each level alone, losses averaged; or a random subset of levels per step. On hearts and the cardiac phantom each had 0.02 less Dice than all, random as much (twelve pairs of runs).',
  }),
  featureDrop: number('Perturbation', 'Feature drop', {
    default: 0.5,
    min: 0,
    max: 0.95,
    step: 0.05,
    mark: 'inferred',
    hint: 'Share of feature channels set to zero (UniMatch, Dropout2d 0.5).',
  }),

  optimizer: choice('Optimiser', 'Optimiser', {
    default: 'adam',
    options: ['adam', 'sgd'],
    mark: 'choice',
    hint: 'Adam for short runs; SGD with momentum for the neighbours’ 30,000 steps.',
  }),
  learningRate: number('Optimiser', 'Learning rate', {
    default: 0.001,
    min: 0.00001,
    max: 1,
    step: 0.0001,
    mark: 'choice',
    hint: 'At step 0; falls as (1 - t/T)^power. 0.01 with SGD.',
  }),
  polyPower: number('Optimiser', 'Decay power', {
    default: 0.9,
    min: 0,
    max: 3,
    step: 0.1,
    mark: 'inferred',
    hint: 'Power of the polynomial decay.',
  }),
  momentum: number('Optimiser', 'Momentum', { default: 0.9, min: 0, max: 0.999, step: 0.01, mark: 'inferred', hint: 'SGD only.' }),
  weightDecay: number('Optimiser', 'Weight decay', {
    default: 0.00001,
    min: 0,
    max: 0.1,
    step: 0.00001,
    mark: 'choice',
    hint: 'Coupled L2. The neighbours use 1e-4 with SGD.',
  }),
} as const satisfies Record<string, Parameter>

export type Key = keyof typeof parameters

/** The value type of one row of the table. */
type ValueOf<P> = P extends { kind: 'number' }
  ? number
  : P extends { kind: 'switch' }
    ? boolean
    : P extends { options: readonly (infer T)[] }
      ? T
      : never

/** A complete set of settings, derived from the table. */
export type Config = { -readonly [K in Key]: ValueOf<(typeof parameters)[K]> }

export const keys = Object.keys(parameters) as Key[]

/** Settings that belong to the images rather than to the training. */
export const dataKeys = keys.filter((key) => parameters[key].group === 'Data')

/** The settings of what becomes of predictions; nothing that is learnt depends on them. */
export const maskKeys = keys.filter((key) => parameters[key].group === 'Masks')

/** The settings that a run can change once it has begun: those, and what only shares out the work of a step and changes what is learnt no more than rounding. */
export const freeKeys: readonly Key[] = ['parts', ...maskKeys]

export const defaults: Config = Object.fromEntries(keys.map((key) => [key, parameters[key].default])) as unknown as Config

/** With the neighbours' size, batches, optimiser and length. */
const long = {
  size: 256,
  baseWidth: 16,
  steps: 30_000,
  optimizer: 'sgd',
  learningRate: 0.01,
  weightDecay: 0.0001,
  batchLabeled: 12,
  batchUnlabeled: 12,
  parts: 3,
  scoreEvery: 1000,
} as const satisfies Partial<Config>

/** By the time that they take; and as near to the neighbours as this program comes, without what is ours. */
export const presets = {
  Quick: { size: 64, baseWidth: 8, steps: 2000 },
  Balanced: { size: 128, baseWidth: 16, steps: 1600 },
  Best: { size: 192, baseWidth: 16, steps: 3500, scoreEvery: 100 },
  Paper: {
    ...long,
    ...{ tau: 0.95, warmup: 0, ramp: 0.9, weakRotation: 20, flip: true, strongBlur: 2, strongNoise: 0 },
    ...{ classBalance: 0, atlases: 0, stack: 0, draws: 'shared' },
  },
} as const satisfies Record<string, Partial<Config>>

/** Presets that addresses may still name. */
export const formerPresets = { Full: long } as const satisfies Record<string, Partial<Config>>

export type Preset = keyof typeof presets

/** All settings of a preset, except the seed and those that concern the data, which stay as they are. */
export const applyPreset = (preset: Preset, config: Config): Config =>
  makeConfig(Object.fromEntries((['seed', ...dataKeys] as const).map((key) => [key, config[key]])), makeConfig(presets[preset]))

/** The preset that `config` matches, or null for custom settings. */
export function presetOf(config: Config): Preset | null {
  const { preset, differing } = nearestPreset(config)
  return Object.keys(differing).length === 0 ? preset : null
}

/** The preset that `config` differs from in the fewest settings, and which: those of that preset. */
export function nearestPreset(config: Config): { preset: Preset; differing: Partial<Config> } {
  const all = (Object.keys(presets) as Preset[]).map((preset) => ({ preset, differing: differing(applyPreset(preset, config), config) }))
  const count = (one: (typeof all)[number]) => Object.keys(one.differing).length
  return all.reduce((best, one) => (count(one) < count(best) ? one : best))
}

/** The settings of `config` that differ from `base`. */
export function differing(config: Config, base: Config): Partial<Config> {
  return Object.fromEntries(keys.filter((key) => config[key] !== base[key]).map((key) => [key, config[key]]))
}

/** The settings that data may suggest. */
export const suggestable = [
  'size',
  'windowCenter',
  'windowWidth',
  'exemplarRotation',
  'exemplarScale',
  'atlasRotation',
  'weakRotation',
] as const satisfies readonly Key[]

export type Suggested = Partial<Pick<Config, (typeof suggestable)[number]>>

/** What is taken of settings that the data suggest: nothing in the place of what is given, and no smaller images than are asked for. */
export function takenOf(suggested: Suggested, asked: Config, given: (key: Key) => boolean): Partial<Config> {
  const taken = suggestable.filter(
    (key) => suggested[key] !== undefined && !given(key) && !(key === 'size' && asked.size >= suggested.size!),
  )
  return Object.fromEntries(taken.map((key) => [key, suggested[key]]))
}

/** Channels of the five levels. */
export const widthsOf = (config: Pick<Config, 'baseWidth'>): number[] => [1, 2, 4, 8, 16].map((m) => m * config.baseWidth)

/** What to say where a run is asked for f16 and cannot have it; null if it can, or is not asked. */
export const precisionNote = ({ precision, norm }: Pick<Config, 'precision' | 'norm'>, backend: string): string | null =>
  precision === 'f16' && (backend !== 'webgpu' || norm !== 'group')
    ? 'Precision f16 needs the backend webgpu and the norm group: this run stores everything in f32.'
    : null

/** A setting that cannot be used; the message is one sentence that says what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Checks one value against its row and returns it with the right type; text from a form, a URL or a terminal is converted.
 * @throws ConfigError naming the key, the value and what is allowed.
 */
export function parseValue<K extends Key>(key: K, value: unknown): Config[K] {
  const p: Parameter | undefined = Object.hasOwn(parameters, key) ? parameters[key] : undefined
  if (!p) throw new ConfigError(`There is no setting "${key}"; choose one of ${keys.join(', ')}.`)
  const said = `${key} is ${JSON.stringify(value)}`
  if (p.kind === 'number') {
    const n = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN
    if (!Number.isFinite(n) || n < p.min || n > p.max) throw new ConfigError(`${said}, but must be a number from ${p.min} to ${p.max}.`)
    if (Number.isInteger(p.step) && !Number.isInteger(n)) throw new ConfigError(`${said}, but must be a whole number.`)
    if (key === 'size' && n % 16 !== 0) throw new ConfigError(`${said}, but must be a multiple of 16.`)
    if (key === 'baseWidth' && n % 4 !== 0) throw new ConfigError(`${said}, but must be a multiple of 4.`)
    return n as Config[K]
  }
  if (p.kind === 'switch') {
    if (value === true || value === 'true' || value === 'on' || value === '1') return true as Config[K]
    if (value === false || value === 'false' || value === 'off' || value === '0') return false as Config[K]
    throw new ConfigError(`${said}, but must be true or false.`)
  }
  if (!(p.options as readonly unknown[]).includes(value)) throw new ConfigError(`${said}, but must be one of ${p.options.join(', ')}.`)
  return value as Config[K]
}

/** Defaults, then the given values, each checked. @throws ConfigError */
export function makeConfig(values: Partial<Record<string, unknown>> = {}, base: Config = defaults): Config {
  const config: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(values)) config[key] = parseValue(key as Key, value)
  return config as unknown as Config
}

/** Settings as another version wrote them. */
export interface StoredConfig {
  config: Config
  /** Settings that this version lacks, with their values; left out. */
  unknown: Record<string, unknown>
  /** Settings that the other version lacked: they are as its runs were, by `formerDefaults`, or have their defaults. */
  added: Key[]
}

/**
 * What settings were before their default changed, or before there was such a setting, where that is not the default: a run of an earlier version is
 * a run with these. Whoever changes a default adds its former value here.
 */
export const formerDefaults = { steps: 600 } as const satisfies Partial<Config>

/** Reads settings from a file. @throws ConfigError for a value that is not allowed */
export function readConfig(stored: object): StoredConfig {
  const entries = Object.entries(stored)
  const isKnown = ([key]: [string, unknown]) => Object.hasOwn(parameters, key)
  return {
    config: makeConfig({ ...formerDefaults, ...Object.fromEntries(entries.filter(isKnown)) }),
    unknown: Object.fromEntries(entries.filter((entry) => !isKnown(entry))),
    added: keys.filter((key) => !Object.hasOwn(stored, key)),
  }
}
