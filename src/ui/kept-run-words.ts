import type { ListedRun } from '../worker/protocol'
import { count, plural, size } from './format'

/** What a kept run is of, and how much of it is stored. */
export function factsOf({ sample, files, config, states, backend }: ListedRun): string {
  const missing = files.filter(({ at }) => at === null).length
  const [first] = files
  const data =
    sample ?? (first ? `${first.name}${files.length > 1 ? ` and ${plural(files.length - 1, 'more file')}` : ''}` : 'your own files')
  const bytes =
    states.reduce((sum, state) => sum + state.bytes, 0) + files.reduce((sum, file) => sum + (file.at === null ? 0 : file.bytes), 0)
  const [{ step = 0, ended = '' } = {}] = states
  const how = `${ended} step ${count(step)} of ${count(config.steps)}`.replace('stopped', 'stopped at').trim()
  const parts = [data, how, `${config.size} px, on ${backend}`, `${size(bytes)} kept`]
  if (missing > 0) parts.push(`asks for ${plural(missing, 'file')} too large to keep`)
  return parts.join(' · ')
}
