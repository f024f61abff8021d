import { expect, test } from 'vitest'
import type { Config } from '../method/config'
import { drawViews } from '../method/views-on-host'
import { toBytes } from './preparation'
import { sessionsOnWasm, trainerOf } from './sessions.test-support'

const tiny: Partial<Config> = { size: 32, baseWidth: 4, steps: 20, warmup: 0, ramp: 0, tau: 0.34, scoreEvery: 100, cutmix: 1 }

const { openSession } = sessionsOnWasm()

/** A look after one step. */
async function looked(values: Partial<Config> = {}, image = 0) {
  const { session } = openSession()
  const config = { ...tiny, ...values }
  await session.configure(config)
  await session.loadSample('Cardiac phantom')
  await session.step()
  const trainer = trainerOf(session)
  const before = await trainer.stored()
  const { views } = await trainer.look(image)
  expect(await trainer.stored(), 'looking changes nothing').toEqual(before)
  return { views, trainer }
}

test('the strong view has the box of the other image’s strong view, at the same place', async () => {
  const { views, trainer } = await looked()
  const { mix, strong, size } = views
  const { box } = mix!
  expect(mix).toMatchObject({ image: trainer.dataset.unlabeled[1]!.id, name: trainer.dataset.unlabeled[1]!.name })
  const inside = (i: number) => {
    const [x, y] = [i % size, Math.floor(i / size)]
    return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height
  }
  const same = (where: boolean) => strong.filter((v, i) => inside(i) === where && v === mix!.pixels[i]).length
  expect(same(true)).toBe(box.width * box.height)
  expect(same(false)).toBeLessThan((size ** 2 - box.width * box.height) / 2)
  // The last image is followed by the first.
  const { length } = trainer.dataset.unlabeled
  expect((await trainer.look(length - 1)).views.mix!.image).toBe(trainer.dataset.unlabeled[0]!.id)
})

test('an image that was watched in another data set is not followed when it comes again, as on the page', async () => {
  const { session, of } = openSession()
  await session.configure(tiny)
  await session.loadSample('Cardiac phantom')
  const { unlabeled } = of('dataset').at(-1)!.dataset
  await session.watch(unlabeled[5]!.id)
  await session.loadSample('Abdominal phantom')
  await session.loadSample('Cardiac phantom')
  await session.step()
  expect(of('views').at(-1)!.views.image).toBe(unlabeled[0]!.id)
})

test('without CutMix there is no box, and without the feature term no prediction from features', async () => {
  const { views } = await looked({ cutmix: 0, featureTerm: false })
  expect(views).toMatchObject({ mix: null, A: { feature: null }, B: { feature: null } })
})

test('the exemplar and the synthetic sample are the first of the last step', async () => {
  const { views, trainer } = await looked()
  const { exemplars, synthetics } = drawViews(trainer.prepared, trainer.config, 0)
  expect(views.exemplar).toEqual({ image: toBytes(exemplars[0]!.image), labels: exemplars[0]!.labels })
  expect(views.synthetic).toEqual({
    image: toBytes(synthetics[0]!.image),
    labels: synthetics[0]!.labels,
    known: synthetics[0]!.known,
  })
  expect((await looked({ synthetic: false })).views.synthetic).toBeNull()
})

test('whole channels are dropped on all levels, other ones of each network, and the prediction is made from the rest', async () => {
  const { views } = await looked({ featureDrop: 0.5 })
  const counts = (['A', 'B'] as const).map((k) => {
    const { prediction, dropped } = views[k].feature!
    expect(dropped.map(({ length }) => length)).toEqual([4, 8, 16, 32, 64])
    expect(prediction).not.toEqual(views[k].pseudoLabel)
    return dropped.flatMap((level) => [...level])
  })
  expect(counts[0]).not.toEqual(counts[1])
  for (const all of counts) {
    const share = all.filter((one) => one === 1).length / all.length
    expect(share).toBeGreaterThan(0.3)
    expect(share).toBeLessThan(0.7)
  }
  // Where no channel is dropped, what is predicted is the pseudo-label.
  const whole = (await looked({ featureDrop: 0 })).views
  for (const k of ['A', 'B'] as const) expect(whole[k].feature!.prediction).toEqual(whole[k].pseudoLabel)
})

test('where levels are perturbed alone, one is', async () => {
  const { views } = await looked({ featurePerturb: 'each', featureDrop: 0.95 })
  for (const k of ['A', 'B'] as const) expect(views[k].feature!.dropped.filter((level) => level.includes(1))).toHaveLength(1)
})
