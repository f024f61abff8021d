import { overlaps } from '../data/alignment'
import { assignRoles } from '../data/dropped-files'
import { saysMask, tryMask, type FileRole } from '../data/file-roles'
import { InputError } from '../data/input-error'
import { asMerged, familyOf, masksTogether, mergeAll, type Family } from '../data/merged-masks'
import { chosenByNames, modalitiesOf, modalityOf, pairUp, saySeveral, sayUnpaired, severalPerCase, type ChosenNames } from '../data/pairs'
import type { Volume } from '../data/volume'
import { annotated } from './annotations'
import { emptyDataset, makeSources, maskId, picturesOf, type ChosenMasks, type Dataset, type Source } from './dataset'
import { chosenFor, imagesOf, keepRead, readBeside, withExemplar, withPairs, withReferences } from './pairs'
import { namedApart } from './series-names'

/**
 * Adds the user's images and masks, decoded. One that cannot be used becomes a problem, and what was there before stays.
 * @param chosen which reference is of which image, by names, whatever these say
 * @param modality which image of each case is used, where they have several, such as "t1ce"; null where nobody has chosen
 */
export function withVolumes(
  before: Dataset,
  files: readonly { role: FileRole | null; volume: Volume }[],
  chosen: ChosenNames = new Map(),
  modality: string | null = before.modality?.used ?? null,
): { dataset: Dataset; problems: InputError[] } {
  const problems: InputError[] = []
  const attempt = <T>(work: () => T): T | null => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
      return null
    }
  }
  const there = before.sample ? [] : imagesOf(before).map(({ volume }) => volume)
  const named = namedApart(
    files.map(({ volume }) => volume),
    there,
  )
  const given = files.map(({ role }, i) => ({ role, volume: named[i]! }))
  const ofRole = given.flatMap(({ role, volume }) => (role === null ? [] : [{ role, volume }]))
  const clean = inTheirRoles(ofRole)
  const byRole = ofOneModality(before, clean.files, chosen, modality)
  const dropped = assignRoles(
    given.filter(({ role }) => role === null).map(({ volume }) => volume),
    byRole.used,
  )
  const several = [...byRole.several, ...dropped.several]
  const known = modalitiesOf(several)
  const used = byRole.used !== null && known.includes(byRole.used) ? byRole.used : null
  if (used === null) problems.push(...saySeveral(several))
  const without = several.filter((own) => used !== null && !own.some((image) => modalityOf(image) === used)).map(([first]) => first!)
  if (without.length > 0)
    problems.push(
      new InputError(
        `${without.length === 1 ? 'One case' : `${without.length} cases`} without ${used} ${without.length === 1 ? 'is' : 'are'} left out, such as that of "${without[0]!.name}".`,
        without[0]!.name,
      ),
    )
  problems.push(...clean.problems, ...byRole.problems, ...sayUnpaired(dropped.unpaired))
  for (const { mask } of dropped.sorted) if (mask) keepRead(mask)
  // Where somebody has drawn exemplars or chosen masks, a pair that is dropped is more to learn from and to compare with.
  const drawn = before.exemplars.some((exemplar) => exemplar.drawn)
  const settled = drawn || before.chosen.size > 0 || before.teacher !== null
  const instead = {
    'exemplar-image': 'unlabeled',
    'exemplar-mask': 'reference',
    unlabeled: 'unlabeled',
    reference: 'reference',
    further: 'further',
  } as const
  const roles = [
    ...byRole.files,
    ...dropped.sorted.flatMap(({ role, volume }) => (role === null ? [] : [{ role: settled ? instead[role] : role, volume }])),
  ]
  const { files: merged, refused } = withMasksMerged(before, roles, chosen)
  problems.push(...refused)
  const inRole = (role: FileRole) => merged.filter((file) => file.role === role).map(({ volume }) => volume)
  const refuse = ({ name }: Volume) =>
    problems.push(new InputError(`"${name}" was not used, for it would replace the exemplars that you drew: remove those first.`, name))

  // The user's first own file replaces the sample.
  let next = before.sample ? emptyDataset : before
  if (known.length > 0) next = { ...next, modality: { known, used } }
  let taken = false
  const sourcesOf = (volumes: Volume[]) => makeSources(volumes, imagesOf(next))
  const pile = (volumes: Source[]) => {
    const names = new Map(volumes.map((source) => [source.volume.name, source]))
    const add = (to: Source[]) => [...to.filter(({ volume: { name } }) => !names.has(name)), ...volumes]
    const chosen = new Map(next.chosen)
    // A file that is given again is what was meant.
    for (const { id, volume } of next.given.pile) {
      const mask = chosen.get(id)
      const again = names.get(volume.name)
      if (!again || mask === undefined) continue
      chosen.delete(id)
      chosen.set(again.id, mask)
    }
    const sources = add(next.sources)
    next = { ...next, chosen, given: { ...next.given, pile: add(next.given.pile) }, sources, unlabeled: sources.flatMap(picturesOf) }
  }

  for (const volume of exemplarImages(inRole('exemplar-image'), inRole('exemplar-mask'))) {
    if (drawn) {
      refuse(volume)
      continue
    }
    const source = sourcesOf([volume])[0]!
    const pictures = picturesOf(source)
    const stack = pictures.length > 1
    // The old mask is of another picture, even where the size is the same.
    const exemplars = stack ? [] : [{ picture: pictures[0]!, drawn: null, given: null }]
    const { pile: sources } = next.given
    next = {
      ...next,
      given: { ...next.given, exemplar: source, mask: null },
      teacher: null,
      exemplarSource: source,
      ...{ exemplarMask: null, exemplars, mapping: new Map(), classes: [], chosen: chosenBut(next.chosen, source) },
      ...(sources === next.sources ? {} : { sources, unlabeled: sources.flatMap(picturesOf) }),
    }
    // The other slices of a stack are what there is to learn from.
    if (stack) pile([source])
    taken = true
  }
  for (const volume of inRole('exemplar-mask')) {
    if (drawn) {
      refuse(volume)
      continue
    }
    const done = attempt(() => {
      const source = next.exemplarSource
      readBeside(volume, source?.volume ?? null)
      if (!source) throw new InputError(`"${volume.name}" was not used: choose the exemplar image first, then its mask.`, volume.name)
      const why = dropped.pairing.pairs.find(({ mask }) => mask === volume)?.why ?? 'you chose'
      return {
        ...withExemplar(next, source, volume),
        given: { exemplar: source, mask: volume, why, pile: next.sources },
        teacher: null,
        chosen: chosenBut(next.chosen, source),
      }
    })
    if (!done) {
      // An image that came with a mask that cannot be used does not replace an exemplar that can.
      if (annotated(before).length > 0 && next.exemplarSource !== before.exemplarSource) return { dataset: before, problems }
      continue
    }
    next = done
    taken = true
  }
  const unlabeled = sourcesOf(inRole('unlabeled'))
  if (unlabeled.length > 0) {
    pile(unlabeled)
    taken = true
  }

  const references = inRole('reference')
  // Those that are of no image may yet be chosen for one.
  const images = new Set(several.flat())
  const left = dropped.sorted.flatMap(({ volume, role }) => (role === null && !images.has(volume) ? [volume] : []))
  next = withMasks(next, [...references, ...left])
  if (chosen.size > 0) {
    const byId = new Map(next.sources.map(({ id, volume }) => [volume, id]))
    const told = chosenByNames(chosen, [...byId.keys()], next.masks)
    next = { ...next, chosen: new Map([...next.chosen, ...[...told].map(([image, [mask]]) => [byId.get(image)!, maskId(mask!)] as const)]) }
  }
  if (next.chosen.size > 0 || next.teacher !== null) next = attempt(() => withPairs(next)) ?? next
  const { dataset, unpaired } = withReferences(next)
  next = dataset
  // Masks may come before their images; and the exemplar's own one may be among them.
  const aside = new Set(
    next.sources.length === 0 || !next.exemplarSource ? [] : pairUp([next.exemplarSource.volume], references).pairs.map(({ mask }) => mask),
  )
  const annotatedImage = next.exemplarMask && next.exemplarSource?.volume
  const strangers = unpaired
    .filter(({ mask }) => next.sources.length > 0 && references.includes(mask) && !aside.has(mask))
    .map((own) => ({ ...own, candidates: own.candidates.filter((image) => image !== annotatedImage) }))
  problems.push(...sayUnpaired(strangers), ...references.flatMap((mask) => next.refused.get(mask) ?? []))
  return { dataset: taken || known.length > 0 || (!before.sample && next.masks !== before.masks) ? next : before, problems }
}

/** The choices without that of an image. */
const chosenBut = (chosen: ChosenMasks, { id }: Source): ChosenMasks => new Map([...chosen].filter(([image]) => image !== id))

/** Adds masks; one of a known name replaces that, also where it was chosen. */
function withMasks(dataset: Dataset, masks: readonly Volume[]): Dataset {
  if (masks.length === 0) return dataset
  const names = new Map(masks.flatMap((mask) => [mask.name, ...(mask.merged?.from ?? [])].map((own) => [own, mask] as const)))
  const chosen = new Map(dataset.chosen)
  if (chosen.size > 0) {
    const again = new Map(dataset.masks.flatMap((mask) => (names.has(mask.name) ? [[maskId(mask), maskId(names.get(mask.name)!)]] : [])))
    for (const [image, mask] of chosen) if (mask !== null && again.has(mask)) chosen.set(image, again.get(mask)!)
  }
  return { ...dataset, chosen, masks: [...dataset.masks.filter(({ name }) => !names.has(name)), ...masks] }
}

/**
 * The files without those given as images that are masks of others by their names, such as segmentation.nii beside imaging.nii, and without those
 * given as references that are the images themselves: one folder may hold both.
 */
function inTheirRoles(given: readonly RoleVolume[]): { files: readonly RoleVolume[]; problems: InputError[] } {
  const inRole = (...roles: FileRole[]) => given.flatMap(({ role, volume }) => (roles.includes(role) ? [volume] : []))
  const images = new Map(inRole('unlabeled').map((volume) => [volume.name, volume]))
  const strange = new Set(
    inRole('reference').filter((volume) => {
      const image = images.get(volume.name)
      return image !== undefined && !saysMask(volume) && sameSamples(image, volume)
    }),
  )
  const { masks, problems } = masksAmong(inRole('unlabeled'), inRole('exemplar-image'), 'to learn from')
  for (const mask of masks) strange.add(mask)
  return { files: given.filter(({ volume }) => !strange.has(volume)), problems }
}

/** Images that are masks of others of them by name, and a sentence about them. @param beside other images @param use what the images are for */
export function masksAmong(images: readonly Volume[], beside: readonly Volume[], use: string): { masks: Volume[]; problems: InputError[] } {
  const named = images.filter(saysMask)
  const others = [...images, ...beside].filter((volume) => !named.includes(volume))
  const apart = named.length === 0 ? [] : pairUp(others, named).unpaired
  const ofNone = new Set(apart.flatMap(({ mask, why }) => (why === 'no image of its case' ? [mask] : [])))
  const masks = named.filter((volume) => !ofNone.has(volume))
  const [first] = masks
  const are = masks.length > 1 ? ` and ${masks.length - 1} other${masks.length > 2 ? 's' : ''} are masks` : ' is a mask'
  const message = `"${first?.name}"${are} of given images by name, and no image${masks.length > 1 ? 's' : ''} ${use}.`
  return { masks, problems: first ? [new InputError(message, first.name)] : [] }
}

const sameSamples = (a: Volume, b: Volume): boolean =>
  a.samples.length === b.samples.length && a.samples.every((sample, i) => sample === b.samples[i])

/**
 * The files without images of other modalities than the one that is used: that which somebody chose, else that of the exemplar; without all of them
 * where neither says it.
 */
function ofOneModality({ exemplarSource, sample }: Dataset, given: readonly RoleVolume[], chosen: ChosenNames, modality: string | null) {
  const inRole = (...roles: FileRole[]) => given.filter(({ role }) => roles.includes(role)).map(({ volume }) => volume)
  const [images, masks] = [inRole('unlabeled'), inRole('exemplar-mask', 'reference')]
  const several = severalPerCase(images, pairUp(images, masks, { chosen: chosenByNames(chosen, images, masks) }))
  const own = inRole('exemplar-image').at(-1) ?? (sample ? undefined : exemplarSource?.volume)
  const ofExemplar = own && modalitiesOf(several).find((known) => known === modalityOf(own))
  const used = modality ?? ofExemplar ?? null
  const strange = new Set(several.flat().filter((image) => modalityOf(image) !== used))
  const differs = own && used !== null && several.length > 0 && modalityOf(own) !== '' && modalityOf(own) !== used
  const problems = differs
    ? [new InputError(`The exemplar "${own.name}" is of another modality than ${used}, which is used of the other images.`, own.name)]
    : []
  return { files: given.filter(({ volume }) => !strange.has(volume)), several, used, problems }
}

interface RoleVolume {
  role: FileRole
  volume: Volume
}

/** What the exemplar's mask says that masks may be named after, if it stays as it is; null where masks are free to say it themselves. */
function familyOfExemplar({ exemplarMask, exemplars, classes }: Dataset, given: readonly Volume[]): Family | null {
  const mask = given.length === 1 ? given[0]! : given.length === 0 && exemplarMask ? exemplarMask.volume : null
  const named = (all: readonly { name: string; value: string | number }[]): Family => ({
    values: new Map(all.map(({ name, value }) => [name.toLowerCase(), Number(value)])),
    objects: false,
    closed: true,
  })
  if (mask?.merged) return named(mask.segments)
  if (given.length === 0) return exemplarMask || exemplars.some(({ drawn }) => drawn) ? named(classes.slice(1)) : null
  const read = mask && tryMask(mask)
  return read && read.values.length > 2 ? named(read.values.flatMap(({ name, value }) => (name === null ? [] : [{ name, value }]))) : null
}

/**
 * The files with several masks of one image as one label map each: those given as mask of the exemplar, and references that pairing leaves over,
 * earlier ones included.
 */
function withMasksMerged(
  before: Dataset,
  given: readonly RoleVolume[],
  chosen: ChosenNames,
): { files: readonly RoleVolume[]; refused: InputError[] } {
  const inRole = (...roles: FileRole[]) => given.filter(({ role }) => roles.includes(role)).map(({ volume }) => volume)
  const [exemplar, references] = [inRole('exemplar-mask'), inRole('reference')]
  if (exemplar.length < 2 && references.length === 0) return { files: given, refused: [] }
  const known = before.sample ? emptyDataset : before
  const fresh = inRole('unlabeled')
  const names = new Set([...fresh, ...references].map(({ name }) => name))
  const images = [...fresh, ...known.sources.flatMap(({ volume }) => (names.has(volume.name) ? [] : [volume]))]
  const earlier = known.masks.filter(({ name }) => !names.has(name))
  const masks = [...earlier, ...references]
  const ofPile = pairUp(images, masks, {
    chosen: new Map([...chosenFor(known, known.sources, masks), ...chosenByNames(chosen, images, masks)]),
  })
  const image = inRole('exemplar-image').at(-1) ?? known.exemplarSource?.volume ?? null
  // The exemplar need not be in the pile; its masks may be among the references all the same.
  const rest = ofPile.unpaired.flatMap(({ mask, why }) => (why === 'no image of its case' ? [mask] : []))
  const ofExemplar = pairUp(image ? [image] : [], rest)
  const groups = [...masksTogether(ofPile), ...masksTogether(ofExemplar)].filter(({ masks }) =>
    masks.some((mask) => references.includes(mask)),
  )
  if (exemplar.length > 1 && image) groups.push({ image, masks: exemplar })
  const named = exemplar.length === 0 && known.exemplarMask?.volume.merged
  if (groups.length === 0 && !named && !references.some(({ merged }) => merged)) return { files: given, refused: [] }

  const family = familyOfExemplar(known, exemplar)
  const together = new Set(groups.flatMap(({ masks }) => masks))
  const imageOf = new Map([...ofPile.pairs, ...ofExemplar.pairs].map((pair) => [pair.mask, pair.image]))
  const lone = [
    ...exemplar.map((mask) => ({ image, masks: [mask] })),
    ...references.map((mask) => ({ image: imageOf.get(mask) ?? null, masks: [mask] })),
  ]
  const merging = mergeAll(
    groups,
    lone.filter(({ masks }) => !together.has(masks[0]!)),
    family ?? familyOf(groups),
  )
  const because = (mask: Volume, candidates: Volume[], why: 'several masks of one image' | 'its class is not told') =>
    merging.refused.has(mask) ? [{ mask, why, candidates, because: merging.refused.get(mask)! }] : []
  const left = [
    ...groups.flatMap((group) =>
      group.masks.flatMap((mask) => because(mask, group.image ? [group.image] : [], 'several masks of one image')),
    ),
    ...lone.flatMap(({ masks: [mask] }) => (together.has(mask!) ? [] : because(mask!, [], 'its class is not told'))),
  ]
  const roleOf = new Map(given.map(({ role, volume }) => [volume, role]))
  const volumes = asMerged([...given.map(({ volume }) => volume), ...earlier.filter((mask) => merging.by.has(mask))], merging)
  const isOf = new Map([...merging.by].map(([mask, merged]) => [merged, roleOf.get(mask) ?? 'reference']))
  return {
    files: volumes
      .filter((volume) => !merging.refused.has(volume))
      .map((volume) => ({ role: roleOf.get(volume) ?? isOf.get(volume)!, volume })),
    refused: sayUnpaired(left),
  }
}

/** Of several volumes in one file of the exemplar, such as three planes, those that its mask lies on; all where it says no place. */
function exemplarImages(images: readonly Volume[], masks: readonly Volume[]): readonly Volume[] {
  if (images.length < 2) return images
  const fitting = images.filter((image) => image.affine && masks.some((mask) => mask.affine && overlaps(mask, image)))
  return fitting.length > 0 ? fitting : images
}
