/** The training step in jax-js, written from docs/method.md as its documentation suggests: one jitted function of state and images. */
import { defaultDevice, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad, type Device } from '@jax-js/jax'
import { scheduleOf } from '../../kernels/parameter-update/parameter-update.twin'
import { groupsOf } from '../../nn/unet'
import type { Fixture, NumberArray } from './fixture'

type Array = np.Array
type Named = Record<string, Array>

const epsilon = 1e-5

/** A function takes ownership of its arguments: `.ref` wherever one is used again. */
function groupNormLeakyRelu(x: Array, weight: Array, bias: Array): Array {
  const [B, C, H, W] = x.shape as [number, number, number, number]
  const grouped = x.reshape([B, groupsOf(C), -1])
  const centred = grouped.ref.sub(np.mean(grouped, 2, { keepdims: true }))
  const variance = np.mean(np.square(centred.ref), 2, { keepdims: true })
  const xhat = centred.div(np.sqrt(variance.add(epsilon))).reshape([B, C, H, W])
  return nn.leakyRelu(xhat.mul(weight.reshape([1, C, 1, 1])).add(bias.reshape([1, C, 1, 1])), 0.01)
}

function conv(p: Named, name: string, x: Array): Array {
  const weight = p[`${name}.weight`]!
  const bias = p[`${name}.bias`]!
  return lax.conv(x, weight.ref, [1, 1], 'SAME').add(bias.ref.reshape([1, bias.shape[0]!, 1, 1]))
}

/** @param keep probability of keeping a value after the first activation, and a random key */
function block(p: Named, name: string, x: Array, keep?: { share: number; key: Array }): Array {
  for (const n of [1, 2]) {
    x = conv(p, `${name}.conv${n}`, x)
    x = groupNormLeakyRelu(x, p[`${name}.norm${n}.weight`]!.ref, p[`${name}.norm${n}.bias`]!.ref)
    if (n === 1 && keep) x = x.ref.mul(random.bernoulli(keep.key, keep.share, x.shape).astype(np.float32)).div(keep.share)
  }
  return x
}

function encode(p: Named, x: Array, dropout: number[], keys: Array[]): Array[] {
  const features: Array[] = []
  dropout.forEach((drop, l) => {
    if (l > 0) x = lax.reduceWindow(x, np.max, [2, 2], [2, 2])
    x = block(p, `down.${l}`, x, drop > 0 ? { share: 1 - drop, key: keys[l]!.ref } : undefined)
    features.push(x.ref)
  })
  x.dispose()
  return features
}

/** The matrix that doubles n values linearly with the corners aligned, [2 n, n]. */
function doubling(n: number): Array {
  const values = new Float32Array(2 * n * n)
  for (let i = 0; i < 2 * n; i++) {
    const at = (i * (n - 1)) / (2 * n - 1)
    const below = Math.min(Math.floor(at), Math.max(0, n - 2))
    values[i * n + below]! += 1 - (at - below)
    if (n > 1) values[i * n + below + 1]! += at - below
  }
  return np.array(values).reshape([2 * n, n])
}

function decode(p: Named, features: Array[]): Array {
  let x = features[4]!
  for (const l of [3, 2, 1, 0]) {
    x = conv(p, `squeeze.${l}`, x)
    const n = x.shape[2]!
    x = np.einsum(doubling(n), [4, 2], x, [0, 1, 2, 3], [0, 1, 4, 3])
    x = np.einsum(doubling(n), [4, 3], x, [0, 1, 2, 3], [0, 1, 2, 4])
    x = block(p, `up.${l}`, np.concatenate([features[l]!, x], 1))
  }
  return conv(p, 'head', x)
}

/** Rows `from` to `to` of the first axis. */
const rows = (x: Array, from: number, to: number): Array => x.slice([from, to])

/** Sums over images and pixels, for each class. */
const perClass = (x: Array): Array => np.sum(x, [0, 2, 3])

/** 1 - Dice, mean over classes; t one-hot [N, C, S, S], w [N, 1, S, S]. */
function dice(z: Array, t: Array, w: Array): Array {
  const P = nn.softmax(z, 1)
  const both = perClass(P.ref.mul(t.ref).mul(w.ref))
  const sizes = perClass(np.square(P).mul(w.ref)).add(perClass(t.mul(w)))
  return np.mean(np.subtract(1, both.mul(2).add(epsilon).div(sizes.add(epsilon))))
}

function supervised(z: Array, t: Array, w: Array): Array {
  const entropy = np.sum(nn.logSoftmax(z.ref, 1).mul(t.ref).mul(w.ref)).neg()
  const known = np.maximum(np.sum(w.ref), 1)
  return entropy
    .div(known)
    .mul(0.5)
    .add(dice(z, t, w).mul(0.5))
}

/** Where CutMix pasted, the values of the partner. x [U, C, S, S]. */
const mixed = (x: Array, pasted: Array, partners: number[]): Array => {
  const taken = np.concatenate(partners.map((i) => rows(x.ref, i, i + 1)))
  return np.where(pasted.notEqual(0), taken, x)
}

const arrayOf = ({ shape, values }: NumberArray): Array => np.array(values as Float32Array<ArrayBuffer>).reshape(shape)

export interface PeerStep {
  /** Runs `count` steps and returns the losses of the last: four terms of network A, then of B. */
  run: (count: number) => Promise<number[]>
  dispose: () => void
}

/** @throws Error if jax-js has no such device here */
export async function openJax(fixture: Fixture, device: Device): Promise<PeerStep> {
  // It asks the browser's name, and Node 20 has no navigator; another is there once Dawn is open.
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  if (!navigator.userAgent) Object.defineProperty(navigator, 'userAgent', { value: 'Node.js', configurable: true })
  if (!(await init()).includes(device)) throw new Error(`jax-js has no ${device} here`)
  defaultDevice(device)

  const { counts, dropout, slopes, tau, weightDecay, learningRate, classes: C } = fixture
  const { exemplars: E, synthetics: P } = counts
  const U = fixture.images.weak.shape[0]!
  const S = fixture.images.weak.shape[2]!
  const partners = [...fixture.cutMix.partners.values]
  const taught = fixture.images.target
  const images: Named = {
    x: np.concatenate([fixture.images.labeled, fixture.images.strong, fixture.images.weak].map(arrayOf)),
    t: arrayOf({ shape: [E + P, C, S, S], values: oneHot(taught.values, C, S * S) }),
    w: arrayOf({ shape: [E + P, 1, S, S], values: taught.values.map((label) => (label < 0 ? 0 : 1)) }),
    pasted: arrayOf({ ...fixture.cutMix.pasted, shape: [U, 1, S, S] }),
  }
  const factors = fixture.factors.map((levels) => levels.map(({ shape, values }) => arrayOf({ shape: [...shape, 1, 1], values })))

  /** L of both networks, and their terms, [8]. The targets have no gradient, so the gradient of the sum is each network's own. */
  const losses = (networks: Named[], images: Named, factors: Array[][], keys: Array[][]): [Array, Array] => {
    const clean = E + P + U
    const features = networks.map((p, k) => encode(p, images['x']!.ref, dropout, keys[k]!))
    const targets = networks.map((p, k) => {
      const z = lax.stopGradient(
        decode(
          tree.ref(p),
          features[k]!.map((f) => rows(f.ref, clean, clean + U)),
        ),
      )
      const P_w = nn.softmax(z, 1)
      const best = np.max(P_w.ref, 1, { keepdims: true })
      return {
        labels: lax.stopGradient(P_w.greaterEqual(best.ref).astype(np.float32)),
        sure: lax.stopGradient(best.greaterEqual(tau).astype(np.float32)),
      }
    })
    const terms = networks.flatMap((p, k) => {
      const { labels, sure } = targets[1 - k]!
      const perturbed = features[k]!.map((f, l) => {
        const own = rows(f.ref, clean, clean + U).mul(factors[k]![l]!.ref)
        return np.concatenate([rows(f, 0, clean), own])
      })
      const z = decode(p, perturbed)
      const labelled = (from: number, to: number) =>
        supervised(rows(z.ref, from, to), rows(images['t']!.ref, from, to), rows(images['w']!.ref, from, to))
      const cut = (x: Array) => mixed(x, images['pasted']!.ref, partners)
      return [
        labelled(0, E),
        labelled(E, E + P),
        dice(rows(z.ref, E + P, clean), cut(labels.ref), cut(sure.ref)),
        dice(rows(z, clean, clean + U), labels, sure),
      ]
    })
    tree.dispose([networks, images, factors, keys])
    const all = np.stack(terms)
    return [np.sum(all.ref.mul(np.array([...slopes, ...slopes]))), lax.stopGradient(all)]
  }

  /** @param schedule learning rate and bias corrections, as `scheduleOf` gives them, but as scalars */
  const adam = (p: Array, g: Array, m: Array, v: Array, [rate, first, second]: Array[]): [Array, Array, Array] => {
    const grad = g.add(p.ref.mul(weightDecay))
    const mean = m.mul(0.9).add(grad.ref.mul(0.1))
    const square = v.mul(0.999).add(np.square(grad).mul(0.001))
    const change = mean.ref.mul(rate!.ref.mul(first!.ref)).div(np.sqrt(square.ref).mul(second!.ref).add(1e-8))
    return [p.sub(change), mean, square]
  }

  interface State {
    [group: string]: Named[]
  }
  const step = jit((state: State, images: Named, factors: Array[][], schedule: Array[], key: Array) => {
    const { p, m, v } = state as { p: Named[]; m: Named[]; v: Named[] }
    const drawn = [...random.split(key, 2 * dropout.length)]
    const keys = [drawn.slice(0, dropout.length), drawn.slice(dropout.length)]
    const [[total, terms], gradients] = valueAndGrad(losses, { hasAux: true })(tree.ref(p), images, factors, keys)
    total.dispose()
    const next: State = { p: [{}, {}], m: [{}, {}], v: [{}, {}] }
    for (const k of [0, 1])
      for (const name of Object.keys(p[k]!)) {
        const after = adam(p[k]![name]!, (gradients as Named[])[k]![name]!, m[k]![name]!, v[k]![name]!, schedule)
        ;[next['p']![k]![name], next['m']![k]![name], next['v']![k]![name]] = after
      }
    tree.dispose(schedule)
    return [next, terms] as [State, Array]
  })

  const named = (of: (array: NumberArray) => Array): Named[] =>
    fixture.networks.map((network) => Object.fromEntries(Object.entries(network).map(([name, array]) => [name, of(array)])))
  let state: State = { p: named(arrayOf), m: named(({ shape }) => np.zeros(shape)), v: named(({ shape }) => np.zeros(shape)) }
  let steps = 0
  return {
    run: async (count) => {
      let terms: Array | null = null
      for (let i = 0; i < count; i++) {
        terms?.dispose()
        const schedule = [...scheduleOf(learningRate, ++steps)].map((value) => np.array(value))
        ;[state, terms] = step(state, tree.ref(images), tree.ref(factors), schedule, random.key(steps)) as [State, Array]
        // Several steps in the queue are slower, and so is waiting for each array of the state: all of them come from the same launches.
        await terms.blockUntilReady()
      }
      return [...((await terms!.data()) as Float32Array)]
    },
    dispose: () => {
      tree.dispose([state, images, factors])
      step.dispose()
    },
  }
}

/** Labels [N, pixels] as [N, classes, pixels] of 0 and 1; nothing where the label is -1. */
function oneHot(labels: Float32Array, classes: number, pixels: number): Float32Array {
  const maps = new Float32Array(labels.length * classes)
  labels.forEach((label, i) => {
    if (label >= 0) maps[(Math.floor(i / pixels) * classes + label) * pixels + (i % pixels)] = 1
  })
  return maps
}
