/**
 * Which mask belongs to which image, told by the names of files and folders as data sets are laid out. Grids decide between images that names leave
 * open, and make no pair of names that say otherwise.
 */
import { alignment, overlaps } from './alignment'
import { baseName, caseNameOf, folders, tokensOf } from './file-roles'
import { InputError } from './input-error'
import { fileOf, type Volume } from './volume'

export interface Pair {
  image: Volume
  mask: Volume
  /** Such as "same case 003", "same grid", "you chose". */
  why: string
}

/** A mask without an image of its own. */
export interface Unpaired {
  mask: Volume
  why:
    | 'no image of its case'
    | 'several images of its case'
    | 'several masks of one image'
    | 'its image has another mask'
    | 'its image was given another or none'
    | 'its class is not told'
  /** The images that it could belong to. */
  candidates: Volume[]
  /** Why several masks of one image are not put together, or which class one shows is not told, as the end of a sentence. */
  because?: string
}

/** The masks of an image as somebody said, none among them. */
export type Chosen = ReadonlyMap<Volume, readonly Volume[]>

/** The same by names: of masks, one or several, by names of their images or of the files that these are in. */
export type ChosenNames = ReadonlyMap<string, string | readonly string[]>

export interface Pairing {
  pairs: Pair[]
  unpaired: Unpaired[]
}

/** Sequences of one case, at the end of a name, and what else an image may have there and its mask has not. */
const sequence = /^(flair|t1|t1c|t1ce|t1gd|t1n|t1w|t2|t2f|t2w|t2star|pd|pdw|dwi|adc|swi|cbf|cbv|mra?|mri|cta?|ldct|pet|bold)$/
const endings = /^(pp|preproc|preprocessed|orig|original|training|test|slices?)$/

/** What a mask may show: a side, an organ or another structure, an observer. */
const structures = [
  'left right upper lower',
  'lungs? lobes? heart liver kidneys? spleen pancreas stomach bladder urinary prostate colon bowel duodenum brain aorta gallbladder esophagus',
  'oesophagus trachea thyroid adrenal glands? uterus rectum portal vein veins vena cava artery arteries pulmonary iliac atrium ventricles?',
  'femurs? tibia fibula hips? sacrum humerus scapulas? clavicles? clavicula ribs? vertebrae? spine spinal cord skull mandible sternum muscle',
  'brainstem cerebellum hippocampus hippocampi chiasm nerves? eyes? lens parotid cochlea larynx cartilage meniscus',
  'tumou?rs? lesions? nodules? polyps? cysts? plaques? vessels? edema oedema necrosis necrotic gtv ctv ptv',
  'cells? nucle(i|us) disc cup optic lv rv la ra myo myocardium ex he ma se od oc class objects? rois? 1st 2nd observer\\d? rater\\d? png',
]
const structure = new RegExp(`^(${structures.join(' ').split(' ').join('|')})$`)

/** Names of one file, each a list of words that are joined, without words for mask and image. */
interface Name {
  /** Folders, outermost first. */
  folder: string[]
  base: string[]
}

/** The words of a name with its folders, without those for mask and image. */
export function wordsOf(volume: Volume): string[] {
  const { folder, base } = nameOf(volume)
  return [...folder.flatMap((part) => part.split('_')), ...base]
}

const nameOf = (volume: Volume): Name => {
  const name = caseNameOf(volume)
  const parts = folders(name)
    .map((part) => tokensOf(part).join('_'))
    .filter((part) => part !== '')
  return { folder: parts, base: tokensOf(baseName(name)) }
}

const key = (folder: readonly string[], base: readonly string[]): string =>
  [...folder, base.join('_')].filter((part) => part !== '').join('/')

/** A name without its last words that say the sequence and the like. */
function withoutSequence(base: readonly string[]): string[] {
  const kept = base.filter((word) => !/^slices?$/.test(word))
  while (kept.length > 0 && (sequence.test(kept.at(-1)!) || endings.test(kept.at(-1)!))) kept.pop()
  return kept
}

/** Whether a name ends with four digits, as those of channels do. */
const endsWithChannel = (base: readonly string[]): boolean => base.length > 1 && /^\d{4}$/.test(base.at(-1)!)

/** The case of an image without its channel's number, as nnU-Net has it, or without its sequence. */
function imageCases(base: readonly string[]): string[][] {
  const channel = endsWithChannel(base) ? [base.slice(0, -1)] : []
  // Frames of the Cell Tracking Challenge: t000 and man_seg000.
  const frame = base.length === 1 && /^t\d{3,4}$/.test(base[0]!) ? [[base[0]!.slice(1)]] : []
  return [...frame, ...[...channel, ...[base, ...channel].map(withoutSequence)].filter((other) => other.length < base.length)]
}

/** The case of a mask without what it shows. */
function maskCases(base: readonly string[]): string[][] {
  const kept = base.filter((word) => !structure.test(word))
  // The number of an observer, as in 21_manual1.
  const observer = kept.length > 1 && /^\d$/.test(kept.at(-1)!) ? [kept.slice(0, -1)] : []
  // The frame that an export is of, as in heart_mask-frame-2.
  const frame = [base, kept].flatMap((words) =>
    words.length > 2 && words.at(-2) === 'frame' && /^\d+$/.test(words.at(-1)!) ? [words.slice(0, -2)] : [],
  )
  return [...(kept.length < base.length ? [kept] : []), ...observer, ...frame]
}

const shownFolders = (folder: readonly string[]): string[] =>
  folder.flatMap((part) => {
    const kept = part.split('_').filter((word) => !structure.test(word))
    return kept.length > 0 ? [kept.join('_')] : []
  })

/**
 * Whether folders of an image and of a mask may be of one case: one has no words that the other lacks, or, where all images are in one folder and all
 * masks in another, no other numbers.
 */
function agree(image: readonly string[], mask: readonly string[], oneOfEach: boolean): boolean {
  const said = (folder: readonly string[]) => folder.flatMap((part) => part.split('_')).filter((word) => !oneOfEach || /\d/.test(word))
  const [first, second] = [said(shownFolders(image)), said(shownFolders(mask))]
  return first.every((word) => second.includes(word)) || second.every((word) => first.includes(word))
}

function append<K, V>(to: Map<K, V[]>, key: K, item: V): void {
  const items = to.get(key)
  if (items) items.push(item)
  else to.set(key, [item])
}

class Index {
  private found = new Map<string, Set<Volume>>()
  add(where: string, image: Volume): void {
    const set = this.found.get(where)
    if (set) set.add(image)
    else this.found.set(where, new Set([image]))
  }
  at(keys: readonly string[]): Volume[] {
    for (const where of keys) {
      const images = this.found.get(where)
      if (images) return [...images]
    }
    return []
  }
}

const sizeKey = ({ size }: Volume) => size.slice(0, 3).join()

/** Whether a mask may lie on an image: on its grid, or in its size where one of both has no place. */
export const fits = (mask: Volume, image: Volume): boolean =>
  mask.affine && image.affine ? overlaps(mask, image) : alignment(mask, image) !== null

/** Whether one of two names says no more than the other, folders included. */
function related(image: Name, mask: Name): boolean {
  const said = (folder: readonly string[], base: readonly string[]) => new Set([...folder.flatMap((part) => part.split('_')), ...base])
  const within = (some: Set<string>, all: Set<string>) => [...some].every((word) => all.has(word))
  const [whole, own] = [said(image.folder, image.base), said(mask.folder, mask.base)]
  const bare = said(image.folder, imageCases(image.base).at(-1) ?? image.base)
  return within(bare, own) || within(said(shownFolders(mask.folder), maskCases(mask.base).at(-1) ?? mask.base), whole)
}

/**
 * Gives masks to images. Names are compared without what differs between an image and its mask (words such as "mask", numbers of channels,
 * sequences, structures), with their folders first and without them where folders do not say otherwise. Nothing is guessed: a mask of which names
 * do not tell the one image is unpaired.
 * @param alone whether one image and one mask, if there is no other, are a pair whatever they are called
 * @param chosen what somebody said, which counts for more than all names
 * @returns several masks of one image among the unpaired; `pairMerged` puts them together
 */
export function pairUp(
  images: readonly Volume[],
  masks: readonly Volume[],
  { alone = false, chosen = new Map() }: { alone?: boolean; chosen?: Chosen } = {},
): Pairing {
  const names = new Map<Volume, Name>()
  for (const volume of [...images, ...masks]) names.set(volume, nameOf(volume))

  const index = {
    full: new Index(),
    fullCase: new Index(),
    base: new Index(),
    baseCase: new Index(),
    folder: new Index(),
    last: new Index(),
  }
  for (const image of images) {
    const { folder, base } = names.get(image)!
    index.full.add(key(folder, base), image)
    index.base.add(key([], base), image)
    index.folder.add(key(folder, []), image)
    if (folder.length > 0) index.last.add(folder.at(-1)!, image)
    for (const bare of imageCases(base)) {
      index.fullCase.add(key(folder, bare), image)
      index.baseCase.add(key([], bare), image)
    }
  }
  const foldersOf = (volumes: readonly Volume[]) => new Set(volumes.map((volume) => key(names.get(volume)!.folder, [])))
  const oneOfEach = foldersOf(images).size === 1 && foldersOf(masks).size === 1
  // Within the folder first, and what is left of a name whole before it is shortened.
  const levels: { inFolder: boolean; of: (name: Name) => Volume[] }[] = [true, false].flatMap((inFolder) => {
    const [exact, bare] = inFolder ? [index.full, index.fullCase] : [index.base, index.baseCase]
    const whole = ({ folder, base }: Name) => [key(inFolder ? folder : [], base)]
    const short = ({ folder, base }: Name) => [base, ...maskCases(base)].map((own) => key(inFolder ? shownFolders(folder) : [], own))
    const named = (keys: (name: Name) => string[]) => (name: Name) => keys(name).filter((where) => inFolder || where !== '')
    return [
      { inFolder, of: (name) => exact.at(named(whole)(name)) },
      { inFolder, of: (name) => bare.at(named(whole)(name)) },
      { inFolder, of: (name) => exact.at(named(short)(name)) },
      { inFolder, of: (name) => bare.at(named(short)(name)) },
    ]
  })
  const sameFolder = (mask: Volume): Volume[] => {
    const { folder, base } = names.get(mask)!
    const own = shownFolders(folder)
    if (own.length === 0) return []
    const inside = index.folder.at([key(own, [])])
    if (inside.length !== 1) return []
    // A name that says another case is of that.
    const says = key([], base)
    if (says !== '' && (index.base.at([says]).length > 0 || index.last.at([says]).length > 0)) return []
    const about = new Set(own.flatMap((part) => part.split('_')))
    const { base: imageBase } = names.get(inside[0]!)!
    const plain = (words: readonly string[]) => words.every((word) => about.has(word))
    return [imageBase, ...imageCases(imageBase)].some(plain) || [base, ...maskCases(base)].some(plain) ? inside : []
  }

  const given = new Map<Volume, { mask: Volume; why: string; level: number }[]>()
  const unpaired = new Map<Volume, Unpaired>()
  const give = (image: Volume, mask: Volume, why: string, level: number) => append(given, image, { mask, why, level })
  const leave = (mask: Volume, why: Unpaired['why'], candidates: Volume[]) => unpaired.set(mask, { mask, why, candidates })

  const left = new Set(masks)
  for (const image of images) for (const mask of chosen.get(image) ?? []) if (left.delete(mask)) give(image, mask, 'you chose', -1)
  let open = [...left]
  levels.forEach(({ inFolder, of }, at) => {
    open = open.filter((mask) => {
      const name = names.get(mask)!
      // What says nothing but what it shows is of the folder's image, as everything else there.
      const level = inFolder && maskCases(name.base)[0]?.length === 0 ? levels.length : at
      // A folder in which other images are says that those are meant.
      const home = shownFolders(name.folder).at(-1)
      const elsewhere = (folder: readonly string[]) => home !== undefined && !folder.includes(home) && index.last.at([home]).length > 0
      const mayBe = ({ folder }: Name) => agree(folder, name.folder, oneOfEach) && !elsewhere(folder)
      const found = of(name).filter((image) => inFolder || mayBe(names.get(image)!))
      if (found.length === 0) return true
      const fitting = found.length > 1 ? found.filter((image) => fits(mask, image)) : found
      const image = fitting[0]
      const free = found.filter((other) => !chosen.has(other))
      // What was chosen of one image says nothing of the others.
      if (free.length === 0 || (fitting.length === 1 && chosen.has(image!))) leave(mask, 'its image was given another or none', found)
      else if (fitting.length !== 1 || !image) leave(mask, 'several images of its case', free)
      else if (given.get(image)?.some((other) => other.level < (inFolder && at === level ? 0 : level)))
        leave(mask, 'its image has another mask', found)
      else give(image, mask, found.length > 1 ? 'same grid' : whyOf(image, mask, names.get(image)!), level)
      return false
    })
  })
  open = open.filter((mask) => {
    const [image] = sameFolder(mask)
    if (!image) return true
    if (chosen.has(image)) leave(mask, 'its image was given another or none', [image])
    else if (given.get(image)?.some((other) => other.level < levels.length)) leave(mask, 'its image has another mask', [image])
    else give(image, mask, 'same folder', levels.length)
    return false
  })
  const stacks = images.filter(({ affine, size }) => affine && size[2] > 1)
  open = open.filter((mask) => {
    if (!mask.affine) return true
    const inDicom = (volume: Volume) => volume.kind === 'dicom' || volume.kind === 'dicom-seg'
    const own = names.get(mask)!
    const all = stacks.filter(
      (image) =>
        (inDicom(mask) || inDicom(image) || related(names.get(image)!, own)) &&
        (mask.patient === null || image.patient === null || mask.patient === image.patient) &&
        overlaps(mask, image),
    )
    // Of planes that cross, the one whose grid is the very same.
    const same = all.filter(({ size, affine }) => String([size, affine]) === String([mask.size, mask.affine]))
    const near = all.length > 1 && same.length > 0 ? same : all
    if (near.length !== 1 || given.has(near[0]!) || chosen.has(near[0]!)) return true
    give(near[0]!, mask, 'same grid', levels.length + 1)
    return false
  })
  if (alone && images.length === 1 && masks.length === 1 && given.size === 0 && chosen.size === 0) {
    give(images[0]!, masks[0]!, 'the only pair', levels.length + 2)
    unpaired.clear()
    open = []
  }

  const bySize = new Map<string, Volume[]>()
  if (open.length > 0) for (const image of images) if (!given.has(image)) append(bySize, sizeKey(image), image)
  for (const mask of open) leave(mask, 'no image of its case', bySize.get(sizeKey(mask)) ?? [])
  const pairs: Pair[] = []
  for (const [image, own] of given) {
    if (own.length === 1) pairs.push({ image, mask: own[0]!.mask, why: own[0]!.why })
    else for (const { mask } of own) leave(mask, 'several masks of one image', [image])
  }
  return { pairs, unpaired: masks.flatMap((mask) => unpaired.get(mask) ?? []) }
}

/** What somebody said by names, for these images and masks. */
export function chosenByNames(names: ChosenNames, images: readonly Volume[], masks: readonly Volume[]): Chosen {
  if (names.size === 0) return new Map()
  const byName = new Map(
    masks.flatMap((mask) => [fileOf(mask), mask.name, ...(mask.merged?.from ?? [])].map((own) => [own, mask] as const)),
  )
  return new Map(
    images.flatMap((image) => {
      const own = [names.get(image.name) ?? names.get(fileOf(image)) ?? []].flat().flatMap((name) => byName.get(name) ?? [])
      return own.length > 0 ? [[image, [...new Set(own)]] as const] : []
    }),
  )
}

function whyOf(image: Volume, mask: Volume, { folder, base }: Name): string {
  const [a, b] = [image, mask].map((volume) => baseName(caseNameOf(volume)))
  if (a === b) return 'same name'
  const own = [base, ...imageCases(base)].at(-1)!
  return own.length > 0 ? `same case ${own.join('_')}` : folder.length > 0 ? 'same folder' : 'same name'
}

/**
 * The images of cases that have several, which differ in their sequence (flair, t1ce) or the number of their channel, and of which no mask says the
 * one that it is of; case by case.
 * @param pairing what `pairUp` makes of all images and masks
 */
export function severalPerCase(images: readonly Volume[], { pairs, unpaired }: Pairing): Volume[][] {
  const paired = new Set(pairs.map(({ image }) => image))
  const cases = new Map<string, Volume[]>()
  const asked = new Set(unpaired.filter(({ why }) => why === 'several images of its case').flatMap(({ candidates }) => candidates))
  const channels = new Map<string, Volume[]>()
  const folderOf = (image: Volume) => key(nameOf(image).folder, [])
  for (const image of images) {
    const { folder, base } = nameOf(image)
    const own = withoutSequence(base)
    if (base.slice(own.length).some((word) => sequence.test(word))) append(cases, key(folder, own), image)
    else if (endsWithChannel(base)) append(channels, key(folder, base.slice(0, -1)), image)
  }
  // Four digits at the end are most often the number of a slice or a case. They are a channel's where a mask has the name without them, and in the
  // folders of nnU-Net where each of several names has the same few, from 0000.
  const numbersOf = (own: readonly Volume[]) => own.map((image) => Number(nameOf(image).base.at(-1))).sort((a, b) => a - b)
  const asIn = new Set([...channels.values()].map((own) => numbersOf(own).join()))
  const [only] = channels.values()
  const inNnunet = [...channels.values()].flat().every(({ name }) => /(^|[/\\])images(Tr|Ts)[/\\]/.test(name))
  const alike = inNnunet && channels.size > 1 && asIn.size === 1 && numbersOf(only!).every((number, i) => number === i)
  const said = [...channels.values()].flat().some((image) => asked.has(image))
  if (alike || said) for (const [where, own] of channels) cases.set(where, own)
  // In a folder with other images, t1 and t2 are times.
  const inFolder = new Map<string, number>()
  for (const image of images) inFolder.set(folderOf(image), (inFolder.get(folderOf(image)) ?? 0) + 1)
  const bare = (image: Volume) => withoutSequence(nameOf(image).base).length === 0
  return [...cases.values()].filter(
    (own) =>
      own.length > 1 && !own.some((image) => paired.has(image)) && (!bare(own[0]!) || own.length === inFolder.get(folderOf(own[0]!))),
  )
}

/** What tells an image from the others of its case: its sequence ("t1ce") or the number of its channel ("0001"); empty if nothing does. */
export function modalityOf(image: Volume): string {
  const { base } = nameOf(image)
  const said = base.slice(withoutSequence(base).length).filter((word) => sequence.test(word))
  return said.length > 0 ? said.join(' ') : endsWithChannel(base) ? base.at(-1)! : ''
}

/** The modalities of cases that have several, each once, as their names are sorted. */
export const modalitiesOf = (cases: readonly (readonly Volume[])[]): string[] => [...new Set(cases.flat().map(modalityOf))].sort()

const count = ['no', 'One', 'Two', 'Three', 'Four', 'Five', 'Six']
const quoted = (volumes: readonly Volume[], most = 3): string => {
  const some = volumes.slice(0, volumes.length > most + 1 ? most : most + 1).map(({ name }) => `"${name}"`)
  const more = volumes.length - some.length
  return more > 0
    ? `${some.join(', ')} and ${more} more`
    : some.length > 1
      ? `${some.slice(0, -1).join(', ')} and ${some.at(-1)}`
      : (some[0] ?? '')
}

/** What is said of masks without an image: a sentence for each of a few, one for many that lack it for the same reason. */
export function sayUnpaired(unpaired: readonly Unpaired[]): InputError[] {
  const of = (reason: Unpaired['why']) => unpaired.filter(({ why }) => why === reason)
  const each = (alike: readonly Unpaired[], one: (unpaired: Unpaired) => string, many: string): InputError[] =>
    alike.length > 3
      ? [new InputError(`${alike.length} masks were not used, for ${many}: ${quoted(alike.map(({ mask }) => mask))}.`, alike[0]!.mask.name)]
      : alike.map((own) => new InputError(`"${own.mask.name}" was not used: ${one(own)}.`, own.mask.name))

  const shared = new Map<Volume, Volume[]>()
  const masksOfOne = of('several masks of one image')
  for (const { mask, candidates } of masksOfOne) append(shared, candidates[0]!, mask)
  const [first] = shared
  const because = masksOfOne[0]?.because
  const alike = shared.size > 1 ? `, and so with ${shared.size - 1} other image${shared.size > 2 ? 's' : ''}` : ''
  return [
    ...(first
      ? [
          new InputError(
            `${count[first[1].length] ?? first[1].length} masks for one image: ${quoted(first[1])} belong to "${first[0].name}"${alike}; ${because ? `they cannot be one label map, for ${because}; ` : ''}give one mask for each image, with a number for each structure.`,
            first[1][0]!.name,
          ),
        ]
      : []),
    ...each(
      of('no image of its case'),
      ({ candidates }) =>
        'no image has its name' +
        (candidates.length > 0 ? `; by its size it could belong to ${quoted(candidates)}` : '') +
        '; a mask is named like its image',
      'no image has their names',
    ),
    ...each(
      of('several images of its case'),
      ({ candidates }) => `it could belong to ${quoted(candidates)}; give the one image that it was drawn on`,
      'each could belong to several images',
    ),
    ...each(
      of('its image was given another or none'),
      ({ candidates }) => `you gave ${quoted(candidates)} another mask, or none`,
      'their images were given other masks, or none',
    ),
    ...each(
      of('its image has another mask'),
      ({ candidates }) => `${quoted(candidates)} has another mask, whose name is nearer`,
      'their images have masks whose names are nearer',
    ),
    ...each(
      of('its class is not told'),
      ({ because }) => `other images have a mask for each class, but ${because}`,
      'other images have a mask for each class, and these do not say theirs',
    ),
  ]
}

/** What is said of cases with several images each, which are left out: somebody has to choose. */
export function saySeveral(cases: readonly (readonly Volume[])[]): InputError[] {
  const [first] = cases
  if (!first) return []
  const others = cases.length - 1
  const alike = others > 0 ? `, and so ${others > 1 ? `do ${others} other cases` : 'does another'}` : ''
  return [
    new InputError(
      `One case has ${first.length} images, ${quoted(first)}${alike}; choose which modality is used: ${modalitiesOf(cases).join(', ')}.`,
      first[0]!.name,
    ),
  ]
}
