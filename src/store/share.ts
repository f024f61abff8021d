/** Links to runs: version, settings, seed and a hash of the data, never a name. */
import { version } from '../lib/version'
import { suggestable } from '../method/config'
import type { LoggedRun, Problem } from '../worker/protocol'
import { writeAddress, type Address } from './address'
import { pageStore } from './page-store'
import { addProblem } from './state'

/** The address of this page with what repeats a run. What data may suggest is named, so that nothing else is picked for them. */
export function linkTo({ config, sample, data, version }: Pick<LoggedRun, 'config' | 'sample' | 'data' | 'version'>): string {
  const query = new URLSearchParams(writeAddress(config, null, sample, sample === null ? suggestable : []))
  if (data !== null) query.set('data', data)
  query.set('version', version)
  return `${location.origin}${location.pathname}?${query.toString()}`
}

/** Says when the page was opened by a link of another version, and as long as other data are loaded than those of the link. */
export function expectData({ version: theirs, data }: Pick<Address, 'version' | 'data'>): void {
  const say = (message: string, waits: boolean) => {
    const problem: Problem = { kind: 'input', message, file: null, ...(waits && { waits }) }
    pageStore.setState((state) => addProblem(state, problem))
  }
  if (theirs !== null && theirs !== version)
    say(
      `This link is of a run by version ${theirs} of Exemplar Lab, and this is ${version}: the same settings may give another run.`,
      false,
    )
  if (data === null) return
  let said = ''
  const look = ({ dataset }: Pick<ReturnType<typeof pageStore.getState>, 'dataset'>, before: typeof dataset) => {
    const hash = dataset?.hash ?? null
    if (hash === null || hash === (before?.hash ?? null)) return
    const last = said
    if (last) pageStore.setState(({ problems }) => ({ problems: problems.filter(({ message }) => message !== last) }))
    said =
      hash === data ? '' : `This link is of a run on other data (${data}) than are loaded (${hash}): load its images and mask to repeat it.`
    if (said) say(said, true)
  }
  pageStore.subscribe((now, before) => now.dataset !== before.dataset && look(now, before.dataset))
}
