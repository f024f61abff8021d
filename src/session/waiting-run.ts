import { InputError } from '../data/input-error'
import { modalityOf } from '../data/pairs'
import type { Volume } from '../data/volume'
import type { Config } from '../method/config'
import { belongsTo, datasetFrom, lackingOf } from './choices'
import type { Dataset } from './dataset'
import { withoutDomain } from './domain'
import { cutLike } from './further'
import type { RoleFile } from './given-files'
import { LoadedNetworks } from './loaded-networks'
import type { Domain } from './looks'
import { imagesOf, masksOf } from './pairs'
import type { RunArchive } from './run-archive'

/** A run from a zip, until the images it was trained on are loaded. */
export class WaitingRun {
  /** All that has been loaded so far: which of it are its images, their content says. */
  private readonly volumes: Volume[]
  /** The files that were given since. */
  readonly files: RoleFile[] = []
  private said = ''

  /** @param present what is loaded already */
  constructor(
    readonly run: RunArchive,
    present: Dataset,
  ) {
    this.volumes = [...imagesOf(present).map(({ volume }) => volume), ...masksOf(present).values()]
  }

  /**
   * Takes volumes, if any of them is its own.
   * @returns those that are not and were not left out before, or null if none is
   */
  take(volumes: readonly Volume[], files: readonly RoleFile[]): Volume[] | null {
    const { choices, exemplars } = this.run
    if (!choices) return null
    const isOwn = belongsTo(choices, exemplars)
    const strangers = volumes.filter((volume) => !isOwn(volume))
    if (strangers.length === volumes.length) return null
    this.volumes.push(...volumes)
    this.files.push(...files)
    // Of several images of a case the others stay out, as they did.
    return strangers.filter((volume) => !choices.modality?.known.includes(modalityOf(volume)))
  }

  /** Its data set, once all images are there; null before. @param present for a zip that does not say it @throws InputError as `datasetFrom` */
  dataset(present: Dataset): Dataset | null {
    const { choices, exemplars, file } = this.run
    if (!choices) return this.run.checkpoint ? withoutDomain(present) : null
    if (lackingOf(choices, this.volumes).length > 0) return null
    const { further } = present
    return cutLike({ ...datasetFrom(choices, exemplars, this.volumes, file), further }, this.run.networks?.domain.looks ?? null)
  }

  /** What its networks were trained on, if it has any. */
  get networks(): { domain: Domain; file: string } | null {
    const { networks, file } = this.run
    return networks && { domain: networks.domain, file }
  }

  private loaded: LoadedNetworks | null = null

  /** Its networks for what is to be segmented, if it has any and the data set is of these. */
  networksOn(dataset: Dataset, config: Config): LoadedNetworks | null {
    const { networks } = this.run
    if (!networks || !dataset.domain) return null
    this.loaded ??= new LoadedNetworks(dataset, config, networks)
    return Object.assign(this.loaded, { dataset, config })
  }

  /** Frees what lies on the backend; it comes back when it is needed. */
  release(): void {
    this.loaded?.release()
  }

  /** What it waits for, in words; null if that has been said. */
  wants(): string | null {
    const { file, choices, images, checkpoint, networks, timeline } = this.run
    // A run that is there to be looked at.
    if (!choices && !checkpoint && !networks) return null
    const lacking = choices && lackingOf(choices, this.volumes)
    const then = checkpoint ? `continue at step ${checkpoint.step}` : 'go on'
    const able = networks ? ' Its networks can segment further images without them.' : ''
    const seen = timeline ? ' Until then Timeline replays it without them.' : ''
    const say = lacking
      ? `"${file}" needs ${lacking.length} of ${choices.images.length} images: ${listed(lacking)}; give them, in any order, to ${then}.${seen}${able}`
      : checkpoint
        ? `"${file}" is shown as it was exported, without its ${images} images; drop the same images and masks to see the pictures and continue.${seen}${able}`
        : `"${file}" holds networks and no state to continue from: segment further images with them.`
    if (say === this.said) return null
    return (this.said = say)
  }
}

/** A sentence about volumes that are not of the run that they were given with. */
export const sayStrangers = ([first, ...more]: readonly Volume[]): InputError[] => {
  if (!first) return []
  const are = more.length === 0 ? 'is' : more.length === 1 ? 'and another file are' : `and ${more.length} other files are`
  return [new InputError(`"${first.name}" ${are} not of this run, and left out.`, first.name)]
}

const listed = (names: readonly string[], most = 3) =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ')
