/** Which part of a study one of several machines runs. */
import { InputError } from '../data/input-error'
import type { Config } from '../method/config'
import type { Cell } from './study'

/** Part `index` of `count`, from 0. */
export interface Shard {
  index: number
  count: number
}

const whole = (text: string | undefined): number => (text !== undefined && /^\d+$/.test(text) ? Number(text) : NaN)

/**
 * The shard that is asked for by "3/16", or that the environment of a batch system says: a Slurm array's task, or an index of a Kubernetes Indexed Job
 * (which has no variable for how many there are: the manifest sets JOB_COMPLETIONS). All of it where nothing is said.
 * @throws InputError
 */
export function shardOf(asked: string | undefined, env: Readonly<Record<string, string | undefined>>): Shard {
  const checked = (index: number, count: number, sentence: string): Shard => {
    if (!(count >= 1 && index >= 0 && index < count && Number.isInteger(index))) throw new InputError(sentence, '')
    return { index, count }
  }
  if (asked !== undefined) {
    const [, part, count] = /^(\d+)\/(\d+)$/.exec(asked) ?? []
    return checked(whole(part) - 1, whole(count), `--shard is "${asked}", but must be I/N, part I of N, as in 3/16.`)
  }
  const { SLURM_ARRAY_TASK_ID: task, SLURM_ARRAY_TASK_COUNT: tasks } = env
  if (task !== undefined) {
    const [least, step] = [whole(env['SLURM_ARRAY_TASK_MIN'] ?? '0'), whole(env['SLURM_ARRAY_TASK_STEP'] ?? '1')]
    const sentence = `The Slurm array task ${task} of ${tasks ?? 'an unknown number'} is no part of an even array, such as 0-15: give --shard I/N.`
    return checked((whole(task) - least) / (step || 1), whole(tasks), sentence)
  }
  const { JOB_COMPLETION_INDEX: index, JOB_COMPLETIONS: completions } = env
  if (index !== undefined) {
    const sentence = `JOB_COMPLETION_INDEX is ${index}, but JOB_COMPLETIONS is ${completions ?? 'missing'}: set it to the job's completions, or give --shard I/N.`
    return checked(whole(index), whole(completions), sentence)
  }
  return { index: 0, count: 1 }
}

/** About how long a run takes, in no unit: pixels through the network, forth and back, of all passes. */
export function costOf({ config }: { config: Config }): number {
  const { steps, size, baseWidth, batchLabeled, batchUnlabeled, imageTerm, featureTerm, featurePerturb } = config
  const levels = featurePerturb === 'each' ? 3 : 1
  // A forward pass alone costs a third.
  const passes = (imageTerm || featureTerm ? 1 / 3 : 0) + (imageTerm ? 1 : 0) + (featureTerm ? levels : 0)
  const fixed = 30
  // Whole, so that sums are the same on every machine.
  return Math.round((steps * (batchLabeled + passes * batchUnlabeled) + fixed) * size ** 2 * baseWidth ** 1.5)
}

/**
 * The cells of one shard, in their order. All shards together have each once, and each about the same to do: a cell goes to the shard that has least
 * so far, so every shard begins with the most urgent ones. It depends on the study alone, never on what has been run.
 */
export function cellsOf(cells: readonly Cell[], { index, count }: Shard): Cell[] {
  const load = new Array<number>(count).fill(0)
  return cells.filter((cell) => {
    const least = load.indexOf(Math.min(...load))
    load[least]! += costOf(cell)
    return least === index
  })
}
