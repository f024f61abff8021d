import { readSafetensors, type StoredTensor } from '../lib/safetensors'
import { toHwio, type Hwio } from '../export/oihw'
import type { Config } from '../method/config'
import { disposeModels, networkOf, writeModels, type Models, type StoredModel } from '../method/model'
import type { Shapes } from '../nn/parameters'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import type { Checkpoint } from './checkpoint'
import type { Dataset } from './dataset'
import type { Domain } from './looks'
import { Networks } from './networks'

/** Networks as a file holds them. */
export interface StoredNetworks {
  models: [StoredModel, StoredModel]
  domain: Domain
  /** Steps that they have taken. */
  step: number
}

/** Networks from a file, without the images that they learnt from: they predict, and cannot be trained. */
export class LoadedNetworks extends Networks {
  private present: Models | null = null
  readonly t: number

  /** @param dataset with the domain of the networks */
  constructor(
    dataset: Dataset,
    config: Config,
    private readonly from: StoredNetworks,
  ) {
    super(dataset, config)
    this.t = from.step
  }

  protected get models(): Models {
    return (this.present ??= writeModels(this.net, this.from.models))
  }

  stored(): Promise<[StoredModel, StoredModel]> {
    return Promise.resolve(this.from.models)
  }

  get looks() {
    return this.from.domain.looks
  }

  release(): void {
    if (this.present) disposeModels(this.present)
    this.present = null
    this.forget()
  }
}

/** What predicting needs of one model, or the name of what is missing or of another shape. */
function modelOf(
  net: UNet,
  find: (name: string, group: 'parameters' | 'buffers', shape: readonly number[]) => Float32Array | null,
): StoredModel | string {
  const missing: string[] = []
  const group = (name: 'parameters' | 'buffers', shapes: Shapes) =>
    Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => {
        const data = find(key, name, shape)
        if (!data || !data.every(Number.isFinite)) missing.push(key)
        return [key, data ?? new Float32Array(0)]
      }),
    )
  const model = { parameters: group('parameters', parameterShapes(net)), buffers: group('buffers', bufferShapes(net)), m: {}, v: {} }
  return missing[0] ?? model
}

const numbers = (tensor: StoredTensor | undefined, shape: readonly number[]) =>
  tensor && tensor.shape.join() === shape.join() && tensor.data instanceof Float32Array ? tensor.data : null

/** The models of a checkpoint; a string names what it lacks. */
export function modelsInCheckpoint({ tensors, config, classes }: Checkpoint): [StoredModel, StoredModel] | string {
  const net = networkOf(config, classes)
  const [A, B] = ['A', 'B'].map((k) => modelOf(net, (name, group, shape) => numbers(tensors[`${k}/${group}/${name}`], shape)))
  return typeof A === 'string' ? A : typeof B === 'string' ? B : [A!, B!]
}

/**
 * The models of model-a.safetensors and model-b.safetensors, in PyTorch's layout; a string names what one of them lacks.
 * @throws Error for bytes that are no safetensors
 */
export function modelsInFiles(
  files: readonly Uint8Array<ArrayBuffer>[],
  config: Config,
  classes: number,
): [StoredModel, StoredModel] | string {
  const net = networkOf(config, classes)
  const [A, B] = files.map((bytes) => {
    const { tensors } = readSafetensors(bytes)
    return modelOf(net, (name, _, shape) => {
      if (shape.length !== 4) return numbers(tensors[name], shape)
      const [h, w, i, o] = shape as unknown as Hwio
      const kernel = numbers(tensors[name], [o, i, h, w])
      return kernel && toHwio(kernel, [h, w, i, o])
    })
  })
  return typeof A === 'string' ? A : typeof B === 'string' ? B : [A!, B!]
}
