/** Images that are segmented by networks that have not learnt from them. */
import { InputError } from '../data/input-error'
import { modalityOf, pairUp, saySeveral, severalPerCase } from '../data/pairs'
import type { Volume } from '../data/volume'
import { annotated } from './annotations'
import { picturesIn, picturesOf, type Dataset } from './dataset'
import { classesIn, sourcesLike, unlikeText } from './domain'
import type { Domain, Looks } from './looks'
import { readGiven, type RoleFile } from './given-files'
import { masksAmong } from './given-volumes'
import type { Networks } from './networks'
import { imagesOf } from './pairs'
import { namedApart } from './series-names'

/**
 * Adds images that are only segmented to a data set, cut as those that were learnt from. One of a known name replaces that. They wait for networks,
 * where there are none yet.
 * @param by what networks there are: a run's, or those of a file, whose classes are then the data set's
 * @param tell how many files are read
 * @returns the data set, and a sentence for each that was left out
 * @throws InputError where other classes are in use than those of the networks
 */
export async function withFurther(
  before: Dataset,
  files: readonly RoleFile[],
  by: { looks: Looks | null } | { domain: Domain; file: string } | null,
  tell: (done: number, of: number) => void,
): Promise<{ dataset: Dataset; problems: InputError[] }> {
  const loaded = by && 'domain' in by ? by : null
  const domain = loaded?.domain ?? null
  if (loaded && !before.domain && annotated(before).length > 0)
    throw new InputError(
      `The images at hand have an exemplar with classes of its own: reload the page and give "${loaded.file}" alone, to segment further images with its networks.`,
      '',
    )
  const looks = by && 'looks' in by ? by.looks : (domain?.looks ?? null)
  const own = imagesOf(before)
  const read = await readGiven(
    files,
    own.map(({ volume }) => volume),
    tell,
  )
  const { images, problems } = imagesAmong(
    read.given.map(({ volume }) => volume),
    before.modality?.used ?? null,
  )
  const known = new Set(own.map(({ id }) => id))
  const there = [...own, ...before.further].map(({ volume }) => volume)
  const sources = sourcesLike(namedApart(images, there), looks, own)
  const again = sources.filter(({ id }) => known.has(id))
  const added = sources.filter(({ id }) => !known.has(id))
  const names = new Set(added.map(({ volume }) => volume.name))
  const [first] = again
  if (first) {
    const more = again.length > 1 ? ` and ${again.length - 1} more are` : ' is'
    problems.unshift(
      new InputError(`"${first.volume.name}"${more} learnt from: what comes out has a mask of it already.`, first.volume.name),
    )
  }
  const kept = before.further.filter(({ volume }) => !names.has(volume.name))
  const classes = domain && !before.domain ? { domain, classes: classesIn(domain) } : {}
  const dataset = added.length > 0 ? { ...before, ...classes, further: [...kept, ...added] } : before
  return { dataset, problems: [...read.problems, ...problems] }
}

/** Of volumes those that are images, of cases with several modalities those of the one that was learnt from. */
function imagesAmong(volumes: readonly Volume[], modality: string | null): { images: Volume[]; problems: InputError[] } {
  const segmentations = volumes.filter(({ kind }) => kind === 'dicom-seg')
  const pictures = volumes.filter((volume) => !segmentations.includes(volume))
  const { masks, problems } = masksAmong(pictures, [], 'to segment')
  for (const { name } of segmentations) problems.push(new InputError(`"${name}" is a mask, and no image to segment.`, name))
  const images = pictures.filter((volume) => !masks.includes(volume))
  const several = severalPerCase(images, pairUp(images, []))
  const strange = new Set(several.flat().filter((image) => modalityOf(image) !== modality))
  if (modality === null) problems.push(...saySeveral(several))
  return { images: images.filter((image) => !strange.has(image)), problems }
}

/** The further images of a data set cut as those that were learnt from, once it is known how these look. */
export function cutLike(dataset: Dataset, looks: Looks | null): Dataset {
  if (dataset.further.length === 0) return dataset
  const own = imagesOf(dataset)
  const known = new Set(own.map(({ id }) => id))
  const sources = sourcesLike(
    dataset.further.map(({ volume }) => volume),
    looks,
    own,
  )
  return { ...dataset, further: sources.filter(({ id }) => !known.has(id)) }
}

/** How the further images of networks are unlike those that were learnt from, in sentences. */
export function sayUnlike(networks: Networks): string[] {
  const { dataset, config, looks } = networks
  if (!looks) return []
  const first = picturesIn(dataset).length - dataset.further.reduce((sum, source) => sum + picturesOf(source).length, 0)
  let i = first
  const sources = dataset.further.map((source) => ({ source, shares: picturesOf(source).map(() => networks.sharesOf(i++)) }))
  return unlikeText(sources, looks, config)
}
