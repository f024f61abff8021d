import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { dropout } from '../../kernels/dropout/dropout'
import { bufferShapes, parameterShapes } from '../../nn/unet'
import { networkOf } from '../model'
import { disposeStep, planStep, uploadStep } from '../plan'
import { featureViews } from '../schedule'
import { labeledShares } from '../view-plan'
import { disposeImages, renderViews, uploadImages, type DevicePlan } from '../views'
import { classes, letters, projectionsOf, stateBefore, type Case } from './cases.test-support'

/** Writes the inputs of each case's step, in the format that step_oracle.py describes. */
export async function writeFixture(folder: string, cases: Record<string, Case>): Promise<void> {
  const parts: Float32Array[] = []
  const tensors: Record<string, { shape: number[]; first: number }> = {}
  let end = 0
  const put = (name: string, values: Float32Array, shape = [values.length]) => {
    tensors[name] = { shape, first: end }
    parts.push(values)
    end += values.length
  }
  const putTensor = async (name: string, tensor: tf.Tensor) => put(name, Float32Array.from(await tensor.data()), tensor.shape)

  // All cases have the same weights; running statistics come from a case that has them.
  const all = Object.values(cases)
  const first = all.find(({ config }) => config.norm === 'batch') ?? all[0]!
  const net = networkOf(first.config, classes)
  const shapes = { ...parameterShapes(net), ...bufferShapes(net) }
  letters.forEach((letter, k) => {
    for (const [group, named] of Object.entries(stateBefore(first, k as 0 | 1)))
      for (const [name, values] of Object.entries(named as Record<string, Float32Array>))
        put(`${letter}.${group}/${name}`, values, shapes[name])
  })
  projectionsOf(first).forEach((values, i) => put(`projection/${i}`, values))

  for (const [name, { config, data, t }] of Object.entries(cases)) {
    const net = networkOf(config, classes)
    const { exemplars: E, synthetics: P } = labeledShares(config)
    const U = config.batchUnlabeled
    const numbers = planStep(net, data, config, t)
    const plan = uploadStep(numbers)
    const images = uploadImages(data)
    // The strong views before CutMix, since CutMix is checked too.
    const unmixed = tf.zeros([U, 4])
    const plain = ({ values, tensors }: DevicePlan): DevicePlan => ({
      values: { ...values, boxes: new Float32Array(4 * U) },
      tensors: { ...tensors, boxes: unmixed },
    })
    const views = renderViews(images, [plain(plan.views[0]), plain(plan.views[1])], config)
    const flat = (x: tf.Tensor4D): tf.Tensor3D => tf.squeeze(x, [3])
    const weak = flat(views.weak)
    await putTensor(`${name}/weak`, weak)
    for (const [k, letter] of letters.entries()) {
      const { labeled, strong } = views.own[k]!
      const made = tf.tidy(() => ({
        'exemplar.x': flat(tf.slice(labeled.x, 0, E)),
        'exemplar.y': tf.slice(labeled.target, 0, E),
        ...(P > 0 && { 'synthetic.x': flat(tf.slice(labeled.x, E, P)), 'synthetic.y': tf.slice(labeled.target, E, P) }),
        strong: flat(strong),
      }))
      for (const [part, tensor] of Object.entries(made)) await putTensor(`${name}/${letter}.${part}`, tensor as tf.Tensor)
      tf.dispose(made)
      const { boxes, partners } = plan.views[k]!.values
      put(`${name}/${letter}.boxes`, boxes, [U, 4])
      put(`${name}/${letter}.partners`, partners)
    }

    // The encoders' batch for each network: labelled, strong if there is an image term, weak.
    const has = (term: string) => numbers.terms.some((other) => other.name === term)
    const B = E + P + (has('image') ? U : 0) + U
    for (const [l, p] of net.dropout.entries()) {
      if (p === 0) continue
      const S = config.size / 2 ** l
      const factors = tf.tidy(() => tf.split(dropout(tf.ones([2 * B, S, S, net.widths[l]!]), plan.dropout[l]!, p), 2))
      for (const [k, letter] of letters.entries()) await putTensor(`${name}/${letter}.dropout/${l}`, factors[k]!)
      tf.dispose(factors)
    }
    if (has('feature'))
      for (const [k, letter] of letters.entries())
        for (let view = 0; view < featureViews(config); view++)
          for (const [l, width] of net.widths.entries()) {
            const factors = numbers.values[`features.0.${l}`]!
            const from = k * (factors.length / 2) + (B - U + view * U) * width
            put(`${name}/${letter}.features/${view}/${l}`, factors.slice(from, from + U * width), [U, width])
          }
    tf.dispose([views.weak, views.own, weak, unmixed])
    disposeImages(images)
    disposeStep(plan)
  }

  const index = {
    tensors,
    cases: Object.fromEntries(Object.entries(cases).map(([name, { config, t }]) => [name, { settings: config, t }])),
  }
  writeFileSync(join(folder, 'fixture.json'), JSON.stringify(index))
  const values = new Float32Array(end)
  for (const [i, { first }] of Object.values(tensors).entries()) values.set(parts[i]!, first)
  writeFileSync(join(folder, 'fixture.bin'), values)
}
