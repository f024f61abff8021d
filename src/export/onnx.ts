import { epsilon } from '../kernels/norm-activation/norm-activation.twin'
import type { Config } from '../method/config'
import { networkOf } from '../method/model'
import { bufferShapes, groupsOf, parameterShapes, type UNet } from '../nn/unet'
import { bytesField, floatField, intField, joined, messageField, textField, type Field } from './protobuf'
import { notice } from '../lib/notice'
import type { StoredTensor } from '../lib/safetensors'

/**
 * The network of src/nn/unet.ts, as it predicts, in the ONNX format (onnx.ai/onnx/repo-docs/IR.html; field numbers from onnx/onnx.proto3):
 *
 *   image          float32 [batch, 1, height, width], values 0..1, height and width multiples of 16
 *   probabilities  float32 [batch, classes, height, width], which sum to 1 over classes
 *
 * Opset 18, because more programs support it than later ones. GroupNormalization became correct only in opset 21 and is composed here.
 */
const opset = 18
/** The version of the format that introduced that opset. */
const irVersion = 8

/** Slope of LeakyReLU below 0, as in src/nn/unet.ts. */
const slope = 0.01

const imageSays = 'Grey images [batch, 1, height, width] with values 0..1; height and width are multiples of 16.'
const probabilitiesSay = 'The probability of each class, [batch, classes, height, width].'

/** TensorProto.DataType */
const dataType = { float: 1, int64: 7 } as const

/** AttributeProto, with its AttributeType. */
const attribute = {
  float: (name: string, value: number) => messageField(5, textField(1, name), floatField(2, value), intField(20, 1)),
  int: (name: string, value: number) => messageField(5, textField(1, name), intField(3, value), intField(20, 2)),
  text: (name: string, value: string) => messageField(5, textField(1, name), textField(4, value), intField(20, 3)),
  ints: (name: string, values: number[]) => messageField(5, textField(1, name), ...values.map((v) => intField(8, v)), intField(20, 7)),
}

/** TensorProto: named values, row-major and little-endian, like every typed array in use. */
function initializer(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Field {
  const type = data instanceof Float32Array ? dataType.float : dataType.int64
  return messageField(5, ...shape.map((side) => intField(1, side)), intField(2, type), textField(8, name), bytesField(9, data))
}

/** ValueInfoProto of an input (11) or output (12) of the graph; a size given as text is any size, equal wherever the text is. */
function value(field: 11 | 12, name: string, shape: (number | string)[], says: string): Field {
  const dims = shape.map((side) => messageField(1, typeof side === 'number' ? intField(1, side) : textField(2, side)))
  const tensor = messageField(1, intField(1, dataType.float), messageField(2, ...dims))
  return messageField(field, textField(1, name), messageField(2, tensor), textField(3, says))
}

/** A graph under construction: operations in execution order, and constant values. */
class Graph {
  readonly fields: Field[] = []
  private readonly constants = new Set<string>()

  /** Adds an operation, named like its result. @returns the name of the result */
  node(operator: string, inputs: string[], output: string, ...attributes: Field[]): string {
    const names = [...inputs.map((input) => textField(1, input)), textField(2, output), textField(3, output)]
    this.fields.push(messageField(1, ...names, textField(4, operator), ...attributes))
    return output
  }

  /** Adds constant values, once per name. @returns the name */
  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    if (!this.constants.has(name)) this.fields.push(initializer(name, shape, data))
    this.constants.add(name)
    return name
  }

  /** Adds a constant list of whole numbers. @returns the name */
  integers(name: string, ...values: number[]): string {
    return this.constant(name, [values.length], BigInt64Array.from(values, BigInt))
  }
}

/**
 * Adds one network to the graph, line for line as in src/nn/unet.ts.
 * @param weights everything in `parameterShapes` and `bufferShapes`, kernels as OIHW
 * @param prefix of all names, to tell two networks of one graph apart
 * @returns the name of its logits
 */
function addNetwork(graph: Graph, net: UNet, weights: Record<string, StoredTensor>, prefix: string): string {
  const weight = (name: string, shape = weights[name]!.shape) => graph.constant(prefix + name, shape, weights[name]!.data as Float32Array)

  const conv = (name: string, x: string): string => {
    const side = weights[`${name}.weight`]!.shape[2]!
    const same = Array<number>(4).fill((side - 1) / 2)
    const inputs = [x, weight(`${name}.weight`), weight(`${name}.bias`)]
    return graph.node('Conv', inputs, prefix + name, attribute.ints('kernel_shape', [side, side]), attribute.ints('pads', same))
  }

  const batchNorm = (name: string, x: string): string => {
    const inputs = [x, ...['weight', 'bias', 'running_mean', 'running_var'].map((part) => weight(`${name}.${part}`))]
    return graph.node('BatchNormalization', inputs, prefix + name, attribute.float('epsilon', epsilon))
  }

  // Not InstanceNormalization over a group: in onnxruntime-web 1.30 (wasm) long sums lose digits, and probabilities were up to 1.5e-3 off
  // at 512 x 512 and 5e-5 at 256 x 256. Averaging rows first, then their means, it is below 1e-5 and takes a fifth longer.
  const groupNorm = (name: string, x: string): string => {
    const channels = weights[`${name}.weight`]!.shape[0]!
    const groups = groupsOf(channels)
    const own = prefix + name
    const mean = (of: string, output: string): string => {
      const rows = graph.node('ReduceMean', [of, graph.integers('axis.width', 3)], `${output}.rows`)
      return graph.node('ReduceMean', [rows, graph.integers('axis.height', 2)], output)
    }
    // In the size of a reshaped tensor 0 means "unchanged" and -1 "all the rest": [batch, groups, channels of a group * height, width].
    const grouped = graph.node('Reshape', [x, graph.integers(`groups.${groups}`, 0, groups, -1, 0)], `${own}.grouped`)
    const centred = graph.node('Sub', [grouped, mean(grouped, `${own}.mean`)], `${own}.centred`)
    const variance = mean(graph.node('Mul', [centred, centred], `${own}.squared`), `${own}.variance`)
    const above0 = graph.node('Add', [variance, graph.constant('epsilon', [], Float32Array.of(epsilon))], `${own}.above0`)
    const xhat = graph.node('Div', [centred, graph.node('Sqrt', [above0], `${own}.deviation`)], `${own}.normed`)
    const each = graph.node('Reshape', [xhat, graph.integers(`channels.${channels}`, 0, channels, -1, 0)], `${own}.each`)
    const scaled = graph.node('Mul', [each, weight(`${name}.weight`, [channels, 1, 1])], `${own}.scaled`)
    return graph.node('Add', [scaled, weight(`${name}.bias`, [channels, 1, 1])], own)
  }

  const block = (name: string, x: string): string => {
    for (const n of [1, 2]) {
      const z = conv(`${name}.conv${n}`, x)
      const u = (net.norm === 'batch' ? batchNorm : groupNorm)(`${name}.norm${n}`, z)
      x = graph.node('LeakyRelu', [u], `${prefix}${name}.activation${n}`, attribute.float('alpha', slope))
    }
    return x
  }

  const twice = graph.constant('twice', [4], Float32Array.of(1, 1, 2, 2))
  const features: string[] = []
  let x = 'image'
  for (const l of [0, 1, 2, 3, 4]) {
    const halves = [attribute.ints('kernel_shape', [2, 2]), attribute.ints('strides', [2, 2])]
    if (l > 0) x = graph.node('MaxPool', [x], `${prefix}pool.${l}`, ...halves)
    x = block(`down.${l}`, x)
    features.push(x)
  }
  for (const l of [3, 2, 1, 0]) {
    const bilinear = [attribute.text('mode', 'linear'), attribute.text('coordinate_transformation_mode', 'align_corners')]
    // The second input, a region of interest, is left out.
    const larger = graph.node('Resize', [conv(`squeeze.${l}`, x), '', twice], `${prefix}larger.${l}`, ...bilinear)
    x = block(`up.${l}`, graph.node('Concat', [features[l]!, larger], `${prefix}joined.${l}`, attribute.int('axis', 1)))
  }
  return conv('head', x)
}

/** The description of a file's networks. */
export interface AboutNetworks {
  config: Config
  /** Background first; the index is the class. */
  classes: readonly { name: string }[]
  /** Version of the app. */
  version: string
  /** Steps taken. */
  step: number
}

/**
 * An ONNX file: for one model its softmax, for both the mean of their softmaxes, whatever the setting "inference". Any batch,
 * and any height and width that are multiples of 16; further information is in `metadata_props`. Equal models give equal bytes.
 * @param models by PyTorch's names and in its layout (OIHW); with BatchNorm, running statistics too
 * @throws Error for no model or more than two, and if tensors are missing or do not have the shape that the config requires
 */
export function writeOnnx(models: readonly Record<string, StoredTensor>[], about: AboutNetworks): Uint8Array<ArrayBuffer> {
  const { config, classes, version, step } = about
  if (models.length < 1 || models.length > 2) throw new Error(`An ONNX file holds one model or two, not ${models.length}.`)
  const net = networkOf(config, classes.length)
  for (const model of models) requireFit(model, net)

  const graph = new Graph()
  const result = 'probabilities'
  const axis = attribute.int('axis', 1)
  if (models.length === 1) graph.node('Softmax', [addNetwork(graph, net, models[0]!, '')], result, axis)
  else {
    const each = models.map((model, k) => {
      const prefix = 'ab'[k]! + '.'
      return graph.node('Softmax', [addNetwork(graph, net, model, prefix)], `${prefix}probabilities`, axis)
    })
    graph.node('Mul', [graph.node('Add', each, 'sum'), graph.constant('half', [], Float32Array.of(0.5))], result)
  }

  const metadata: Record<string, string> = {
    producer: 'exemplar-lab',
    version,
    notice,
    classes: JSON.stringify(classes.map(({ name }) => name)),
    models: models.length === 1 ? 'one network' : 'two networks, whose softmaxes are averaged',
    image: imageSays,
    size: String(config.size),
    step: String(step),
  }
  return joined(
    intField(1, irVersion),
    textField(2, 'exemplar-lab'),
    textField(3, version),
    textField(6, notice),
    messageField(
      7,
      ...graph.fields,
      textField(2, 'exemplar-lab'),
      value(11, 'image', ['batch', 1, 'height', 'width'], imageSays),
      value(12, result, ['batch', classes.length, 'height', 'width'], probabilitiesSay),
    ),
    messageField(8, textField(1, ''), intField(2, opset)),
    ...Object.entries(metadata).map(([key, text]) => messageField(14, textField(1, key), textField(2, text))),
  )
}

/** @throws Error if a tensor that the network needs is missing or unsuitable */
function requireFit(model: Record<string, StoredTensor>, net: UNet): void {
  for (const [name, shape] of Object.entries({ ...parameterShapes(net), ...bufferShapes(net) })) {
    const [h, w, i, o] = shape
    const wanted = (shape.length === 4 ? [o, i, h, w] : shape).join(', ')
    const found = model[name]
    if (!found) throw new Error(`The model has no tensor "${name}".`)
    if (found.shape.join(', ') !== wanted) throw new Error(`Tensor "${name}" has shape [${found.shape.join(', ')}], not [${wanted}].`)
    if (!(found.data instanceof Float32Array)) throw new Error(`Tensor "${name}" does not hold 32-bit floats.`)
    const size = shape.reduce((product, side) => product * side, 1)
    if (found.data.length !== size) throw new Error(`Tensor "${name}" has ${found.data.length} values, not ${size}.`)
  }
}
