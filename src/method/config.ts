/**
 * Every setting of a run: key, default, range, label, hint, and where the default comes from. The form, the run file, the address
 * bar and the command line all read this one table. Marks as in docs/method.md: nothing here is known to be the paper's value.
 */

/** confirmed: stated in the abstract; inferred: the closest public neighbour's value; measured: our reference runs; choice: ours. */
export type Mark = 'confirmed' | 'inferred' | 'measured' | 'choice'

export type Group = 'Run' | 'Data' | 'Network' | 'Teaching' | 'Synthesis' | 'Perturbation' | 'Optimiser'

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

const number = (group: Group, label: string, def: number, min: number, max: number, step: number, mark: Mark, hint: string) =>
  ({ kind: 'number', group, label, default: def, min, max, step, mark, hint }) satisfies NumberParameter
const toggle = (group: Group, label: string, def: boolean, mark: Mark, hint: string) =>
  ({ kind: 'switch', group, label, default: def, mark, hint }) satisfies SwitchParameter
const choice = <const T extends string>(group: Group, label: string, def: NoInfer<T>, options: readonly T[], mark: Mark, hint: string) =>
  ({ kind: 'choice', group, label, default: def, options, mark, hint }) satisfies ChoiceParameter<T>

export const parameters = {
  steps: number(
    'Run',
    'Steps',
    600,
    1,
    100_000,
    1,
    'choice',
    'Training steps T. The neighbours run 30,000; a browser run is 1 to 3 thousand.',
  ),
  seed: number('Run', 'Seed', 0, 0, 2 ** 31 - 1, 1, 'choice', 'Same seed, data and backend: same run.'),
  size: number(
    'Run',
    'Image size',
    64,
    16,
    512,
    16,
    'choice',
    'Side of the square network input in pixels, a multiple of 16. Time grows with its square.',
  ),
  batchLabeled: number('Run', 'Labelled batch', 4, 1, 32, 1, 'choice', 'Exemplar and synthetic images per step. The neighbours use 12.'),
  batchUnlabeled: number('Run', 'Unlabelled batch', 4, 1, 32, 1, 'choice', 'Unlabelled images per step. The neighbours use 12.'),
  scoreEvery: number(
    'Run',
    'Score every',
    50,
    1,
    10_000,
    1,
    'choice',
    'Steps between Dice scores; they cost one prediction per reference image.',
  ),

  crop: number(
    'Data',
    'Central crop',
    1,
    0.2,
    1,
    0.05,
    'choice',
    'Central share of each image, or of the region below, to use; 1 takes all of it. Below 1 the crop is square.',
  ),
  regionX: number('Data', 'Region left', 0, 0, 1, 0.01, 'choice', 'Left edge of the region of interest as a share of the width.'),
  regionY: number('Data', 'Region top', 0, 0, 1, 0.01, 'choice', 'Top edge of the region of interest as a share of the height.'),
  regionWidth: number(
    'Data',
    'Region width',
    1,
    0.02,
    1,
    0.01,
    'choice',
    'Width of the region of interest as a share of the width; outside it every mask is background.',
  ),
  regionHeight: number('Data', 'Region height', 1, 0.02, 1, 0.01, 'choice', 'Height of the region of interest as a share of the height.'),
  windowCenter: number(
    'Data',
    'Window centre',
    0,
    -1_000_000,
    1_000_000,
    0.01,
    'choice',
    'Value in the middle of the window, in the units of the files, such as HU.',
  ),
  windowWidth: number(
    'Data',
    'Window width',
    0,
    0,
    1_000_000,
    0.01,
    'choice',
    'Values this far apart become black and white; 0 stretches the 1st to 99.5th percentile of each image.',
  ),

  baseWidth: number(
    'Network',
    'Base width',
    8,
    4,
    32,
    4,
    'choice',
    'Channels of the first level, doubled at each of five levels: 8 gives 8-128; the neighbours use 16-256.',
  ),
  norm: choice(
    'Network',
    'Norm',
    'group',
    ['group', 'batch'],
    'measured',
    'GroupNorm; BatchNorm scored 0.10 against 0.51 in short runs with mixed batches.',
  ),
  dropout: number(
    'Network',
    'Dropout',
    0.3,
    0,
    0.8,
    0.05,
    'choice',
    'Element dropout at the deepest level; a third of it one level above, none elsewhere.',
  ),
  inference: choice(
    'Network',
    'Inference',
    'mean',
    ['mean', 'A', 'B'],
    'choice',
    'Masks come from the mean of both softmaxes, or from one model.',
  ),

  synthetic: toggle('Teaching', 'Synthetic data', true, 'confirmed', 'Train on exemplar structures pasted onto other backgrounds (L_S).'),
  imageTerm: toggle(
    'Teaching',
    'Image term',
    true,
    'confirmed',
    'Pseudo-labels supervise predictions of strongly perturbed images (L_ip).',
  ),
  featureTerm: toggle(
    'Teaching',
    'Feature term',
    true,
    'confirmed',
    'Pseudo-labels supervise predictions from perturbed multi-level features (L_fp).',
  ),
  teacher: choice(
    'Teaching',
    'Taught by',
    'cross',
    ['cross', 'self'],
    'confirmed',
    'cross: each model learns from the other; self: from itself, the control.',
  ),
  tau: number(
    'Teaching',
    'Confidence threshold',
    0.8,
    0,
    1.01,
    0.01,
    'measured',
    'tau: pixels at or above it are learnt from. 0 uses every pixel, above 1 none. UniMatch uses 0.95.',
  ),
  lambdaE: number('Teaching', 'Exemplar weight', 1, 0, 10, 0.1, 'choice', 'Weight of the loss on exemplar images.'),
  lambdaS: number('Teaching', 'Synthetic weight', 1, 0, 10, 0.1, 'choice', 'lambda_s: weight of the loss on synthetic images.'),
  lambdaIp: number('Teaching', 'Image term weight', 0.5, 0, 10, 0.1, 'inferred', 'lambda_ip (UniMatch).'),
  lambdaFp: number('Teaching', 'Feature term weight', 0.5, 0, 10, 0.1, 'inferred', 'lambda_fp (UniMatch).'),
  unsupervisedLoss: choice(
    'Teaching',
    'Unlabelled loss',
    'dice',
    ['dice', 'ce'],
    'inferred',
    'Dice on confident pixels (UniMatch, medical) or masked cross-entropy over all pixels.',
  ),
  warmup: number(
    'Teaching',
    'Warm-up',
    0.25,
    0,
    0.9,
    0.05,
    'measured',
    'Share of the run on labelled data alone. Without it a model can collapse to background.',
  ),
  ramp: number(
    'Teaching',
    'Ramp',
    0.15,
    0,
    0.9,
    0.05,
    'choice',
    'Share of the run after warm-up in which the unlabelled terms grow as exp(-5 (1 - t)^2).',
  ),

  exemplarShare: number(
    'Synthesis',
    'Exemplar share',
    0.5,
    0,
    1,
    0.05,
    'choice',
    'Share of the labelled batch that is the augmented exemplar; the rest is synthetic.',
  ),
  background: choice(
    'Synthesis',
    'Background',
    'unlabeled',
    ['unlabeled', 'exemplar', 'mixed'],
    'choice',
    'What exemplar structures are pasted on: unlabelled images, the exemplar with its structures filled in, or either.',
  ),
  outsideLabel: choice(
    'Synthesis',
    'Outside the paste',
    'unknown',
    ['unknown', 'background'],
    'measured',
    'unknown: weight 0 there; background: the literal copy-paste, 0.45 against 0.51.',
  ),
  exemplarRotation: number('Synthesis', 'Exemplar rotation', 40, 0, 180, 5, 'measured', 'Up to this many degrees either way.'),
  exemplarScale: number('Synthesis', 'Exemplar scale', 1.4, 1, 3, 0.05, 'inferred', 'From 1/s to s times (nnU-Net 0.7-1.4).'),
  exemplarShift: number('Synthesis', 'Exemplar shift', 0.12, 0, 0.5, 0.01, 'choice', 'Up to this share of the side.'),
  elastic: number('Synthesis', 'Elastic', 0.06, 0, 0.3, 0.01, 'measured', 'Displacement of a smooth random warp, in half sides.'),
  exemplarIntensity: number(
    'Synthesis',
    'Exemplar intensity',
    1,
    0,
    2,
    0.1,
    'measured',
    'Strength of random gamma, gain and offset; 0 turns them off.',
  ),

  weakRotation: number(
    'Perturbation',
    'Weak rotation',
    25,
    0,
    180,
    5,
    'choice',
    'Degrees either way, shared by all views of an image (UniMatch 20).',
  ),
  weakScale: number('Perturbation', 'Weak scale', 1.2, 1, 2, 0.05, 'choice', 'From 1/s to s times.'),
  weakShift: number('Perturbation', 'Weak shift', 0.05, 0, 0.5, 0.01, 'choice', 'Up to this share of the side.'),
  flip: toggle(
    'Perturbation',
    'Flips and quarter turns',
    false,
    'choice',
    'UniMatch uses them; off where left and right differ, as for kidneys or ventricles.',
  ),
  strongJitter: number(
    'Perturbation',
    'Strong jitter',
    0.5,
    0,
    1,
    0.05,
    'inferred',
    'Brightness and contrast factors within 1 ± this, with probability 0.8 (UniMatch).',
  ),
  strongBlur: number(
    'Perturbation',
    'Strong blur',
    1.2,
    0,
    4,
    0.1,
    'choice',
    'Largest Gaussian sigma in pixels, with probability 0.5 (UniMatch 2.0 at 256 px).',
  ),
  strongNoise: number(
    'Perturbation',
    'Strong noise',
    0.08,
    0,
    0.5,
    0.01,
    'choice',
    'Largest noise sigma, with probability 0.3; gamma 0.6-1.6 likewise.',
  ),
  cutmix: number(
    'Perturbation',
    'CutMix',
    0.5,
    0,
    1,
    0.05,
    'inferred',
    'Probability that a box of another image is pasted into the strong view.',
  ),
  featurePerturb: choice(
    'Perturbation',
    'Feature perturbation',
    'all',
    ['all', 'each', 'random'],
    'inferred',
    'all levels at once; each level alone, losses averaged; or a random subset of levels per step.',
  ),
  featureDrop: number(
    'Perturbation',
    'Feature drop',
    0.5,
    0,
    0.95,
    0.05,
    'inferred',
    'Share of feature channels set to zero (UniMatch, Dropout2d 0.5).',
  ),

  optimizer: choice(
    'Optimiser',
    'Optimiser',
    'adam',
    ['adam', 'sgd'],
    'choice',
    'Adam for short runs; SGD with momentum for the neighbours’ 30,000 steps.',
  ),
  learningRate: number(
    'Optimiser',
    'Learning rate',
    0.001,
    0.00001,
    1,
    0.0001,
    'choice',
    'At step 0; falls as (1 - t/T)^power. 0.01 with SGD.',
  ),
  polyPower: number('Optimiser', 'Decay power', 0.9, 0, 3, 0.1, 'inferred', 'Power of the polynomial decay.'),
  momentum: number('Optimiser', 'Momentum', 0.9, 0, 0.999, 0.01, 'inferred', 'SGD only.'),
  weightDecay: number('Optimiser', 'Weight decay', 0.00001, 0, 0.1, 0.00001, 'choice', 'Coupled L2. The neighbours use 1e-4 with SGD.'),
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

export const defaults: Config = Object.fromEntries(keys.map((key) => [key, parameters[key].default])) as unknown as Config

export const presets = {
  Quick: { size: 64, baseWidth: 8, steps: 600 },
  Balanced: { size: 128, baseWidth: 16, steps: 2000 },
  Full: {
    size: 256,
    baseWidth: 16,
    steps: 30_000,
    optimizer: 'sgd',
    learningRate: 0.01,
    weightDecay: 0.0001,
    batchLabeled: 12,
    batchUnlabeled: 12,
    scoreEvery: 1000,
  },
} as const satisfies Record<string, Partial<Config>>

export type Preset = keyof typeof presets

/** Channels of the five levels. */
export const widthsOf = (config: Pick<Config, 'baseWidth'>): number[] => [1, 2, 4, 8, 16].map((m) => m * config.baseWidth)

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
