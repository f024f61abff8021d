/** The images to choose from as people look for them: by series or volume, else by patient, in order, found by their names. */
import { naturalOrder } from '../../lib/natural-order'
import type { SourceInfo, UnlabeledInfo } from '../../worker/protocol'
import { isSingle, kindOf } from '../source-words'

export interface Group {
  key: string
  /** Empty for images that have nothing in common, if there are no others. */
  title: string
  /** What it is, beside its title. */
  said: string
  /** Whether its images are of one volume, one after another. */
  stack: boolean
  /** What they are called. */
  word: 'slice' | 'image'
  images: UnlabeledInfo[]
  /** Their names without what they share. */
  short: string[]
}

/** The images that have all these words in their name or their patient's, grouped. */
export function groupsOf(images: readonly UnlabeledInfo[], sources: readonly SourceInfo[], search: string): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const volumes = new Map(sources.filter((source) => !isSingle(source)).map((source) => [source.id, source]))
  const lists = new Map<string, UnlabeledInfo[]>()
  for (const image of images) {
    const key = volumes.has(image.source) ? `volume ${image.source}` : `patient ${image.patient}`
    const list = lists.get(key)
    if (list) list.push(image)
    else lists.set(key, [image])
  }
  const groups: Group[] = []
  const alone: UnlabeledInfo[] = []
  for (const [key, all] of lists) {
    const { patient, source } = all[0]!
    const volume = volumes.get(source)
    const about = `${volume?.name ?? ''} ${patient}`.toLowerCase()
    const found = all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word) || about.includes(word)))
    if (found.length === 0) continue
    if (volume) {
      const own = patient !== '' && !volume.name.includes(patient) ? `, ${patient}` : ''
      groups.push({
        key,
        title: volume.name,
        said: kindOf(volume) + own,
        stack: true,
        word: volume.size[3] > 1 ? 'image' : 'slice',
        ...named(found),
      })
    } else if (all.length === 1) alone.push(found[0]!)
    else
      groups.push({
        key,
        title: patient,
        said: '',
        stack: false,
        word: 'image',
        ...named(found.sort((a, b) => naturalOrder(a.name, b.name))),
      })
  }
  if (alone.length > 0) {
    alone.sort((a, b) => naturalOrder(a.name, b.name))
    groups.push({ key: 'alone', title: groups.length > 0 ? 'Single images' : '', said: '', stack: false, word: 'image', ...named(alone) })
  }
  return groups
}

const named = (images: UnlabeledInfo[]) => ({ images, short: withoutShared(images.map(({ name }) => name)) })

const separator = /[/\\_\-. ]/

/** Names without the beginning and the end that all of them share, cut where a word ends. */
export function withoutShared(names: readonly string[]): string[] {
  const [first, ...others] = names
  if (first === undefined || others.length === 0) return [...names]
  const shared = (at: (name: string, i: number) => string | undefined) => {
    let length = 0
    while (length < first.length && others.every((name) => at(name, length) === at(first, length))) length++
    return length
  }
  let head = shared((name, i) => name[i])
  while (head > 0 && !separator.test(first[head - 1]!)) head--
  let tail = shared((name, i) => name[name.length - 1 - i])
  while (tail > 0 && !separator.test(first[first.length - tail]!)) tail--
  return names.map((name) => (name.length > head + tail ? name.slice(head, name.length - tail) : name))
}
