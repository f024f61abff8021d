import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { beat } from '../lib/beat'
import { mapped, outputShapes, type Declaration, type Inputs } from './declaration'
import { detach } from './detach'
import { currentEngine } from './engine'
import { hostBackends, hostKernel } from './host-kernel'

/** A declared operation, ready to run on every backend. */
export type Operation<I extends string, P extends string, O extends string, H extends string, A extends object> = Declaration<
  I,
  P,
  O,
  H,
  A
> & {
  /**
   * Runs the operation on the active backend: the only place that chooses between our kernel and the composition of stock operations.
   * @param constants inputs whose gradient is not needed, to save computing it
   */
  run(inputs: Inputs<I, P, tf.Tensor>, attrs: A, constants?: readonly (I | P)[]): Record<O, tf.Tensor>
  /** Runs only our kernel, without a gradient. */
  kernel(inputs: Inputs<I, P, tf.Tensor>, attrs: A): Record<O | H, tf.Tensor>
}

/** Declares an operation and registers it as a kernel on each backend that it implements. */
export function defineOp<I extends string, O extends string, A extends object = object, P extends string = never, H extends string = never>(
  declaration: Declaration<I, P, O, H, A>,
): Operation<I, P, O, H, A> {
  const { name, wgsl, stock, gradient } = declaration
  type Given = Inputs<I, P, tf.Tensor>

  const names = (inputs: Inputs<I, P, tf.TensorInfo>, attrs: A) =>
    outputShapes(declaration, mapped(inputs, ({ shape }: tf.TensorInfo) => shape) as Inputs<I, P, number[]>, attrs).map(
      ([output]) => output,
    )

  for (const backendName of hostBackends) tf.registerKernel({ kernelName: name, backendName, kernelFunc: hostKernel(declaration) })
  if (wgsl) {
    const kernelFunc: tf.KernelFunc = (call) => {
      const inputs = call.inputs as Inputs<I, P, tf.TensorInfo>
      const attrs = call.attrs as unknown as A
      const outputs = wgsl({ inputs, attrs, backend: call.backend as WebGPUBackend })
      return names(inputs, attrs).map((output) => outputs[output])
    }
    tf.registerKernel({ kernelName: name, backendName: 'webgpu', kernelFunc })
  }

  /** The declared inputs. */
  const own = (given: Given): Given => {
    for (const input of declaration.inputs) if (!given[input]) throw new Error(`${name} lacks its input "${input}".`)
    const known = [...declaration.inputs, ...(declaration.optional ?? [])].filter((input) => given[input])
    return Object.fromEntries(known.map((input) => [input, given[input]])) as Given
  }

  const kernel = (given: Given, attrs: A): Record<O | H, tf.Tensor> => {
    beat()
    const inputs = own(given)
    const tensors: unknown = tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, attrs as tf.NamedAttrMap)
    return Object.fromEntries(names(inputs, attrs).map((output, i) => [output, (tensors as tf.Tensor[])[i]!])) as Record<O | H, tf.Tensor>
  }

  const differentiable = (inputs: Given, attrs: A, constants: readonly (I | P)[]): Record<O, tf.Tensor> => {
    const { by, keeps, of } = gradient!
    const wanted = by.filter((input) => inputs[input] && !constants.includes(input))
    let output: string
    const op = tf.customGrad((...args) => {
      const save = args.at(-1) as unknown as tf.GradSaveFunc
      const outputs = kernel(inputs, attrs)
      output = Object.keys(outputs)[0]!
      const all = { ...inputs, ...outputs }
      const kept = keeps.filter((name) => all[name])
      save(kept.map((name) => all[name]!))
      return {
        value: outputs[output as O],
        gradFunc: (dy, saved) => {
          const named = Object.fromEntries((saved as tf.Tensor[]).map((tensor, i) => [kept[i]!, tensor]))
          const gradients = of(dy as tf.Tensor, named as Record<I | P | O | H, tf.Tensor>, attrs, new Set(wanted), kernel)
          return wanted.map((input) => gradients[input]!)
        },
      }
    })
    const value = op(...wanted.map((input) => inputs[input]!))
    return { [output!]: value } as Record<O, tf.Tensor>
  }

  return {
    ...declaration,
    kernel,
    run(given, attrs, constants = []) {
      beat()
      const inputs = own(given)
      const ours = currentEngine() === 'ours' && tf.getKernel(name, tf.getBackend())
      if (!stock || ours) return gradient ? differentiable(inputs, attrs, constants) : kernel(inputs, attrs)
      const passed = Object.entries<tf.Tensor>(inputs).map(([input, tensor]) => [
        input,
        constants.includes(input as I | P) ? detach(tensor) : tensor,
      ])
      return stock(Object.fromEntries(passed) as Given, attrs)
    },
  }
}
