import { beforeEach, expect, test, vi } from 'vitest'
import { makeConfig } from '../method/config'
import { version } from '../lib/version'
import type { DatasetSummary } from '../worker/protocol'
import { readAddress } from './address'
import { stubPage } from './opened-page.test-support'

beforeEach(() => stubPage())

const data = '0123456789abcdef'
const config = makeConfig({ seed: 7, teacher: 'self', size: 128, baseWidth: 16, steps: 1600 })

/** The store, with what it lists as problems. */
async function opened(search: string) {
  const [{ expectData }, { pageStore }] = [await import('./share'), await import('./page-store')]
  expectData(readAddress(search))
  const load = (hash: string | null) => pageStore.setState({ dataset: { hash } as DatasetSummary })
  return { load, said: () => pageStore.getState().problems.map(({ message }) => message) }
}

test('a link holds version, settings, seed and the hash of the data, and gives them back', async () => {
  vi.stubGlobal('location', { search: '', origin: 'http://lab', pathname: '/x/' })
  const { linkTo } = await import('./share')
  const link = new URL(linkTo({ config, sample: null, data, version }))
  expect(link.href).toMatch(/^http:\/\/lab\/x\/\?/)
  expect([...link.searchParams.keys()].sort()).toEqual(
    [
      'atlasRotation',
      'data',
      'exemplarRotation',
      'exemplarScale',
      'preset',
      'seed',
      'size',
      'teacher',
      'version',
      'weakRotation',
      'windowCenter',
      'windowWidth',
    ].sort(),
  )
  expect(readAddress(link.search)).toMatchObject({ config, data, version, problems: [] })
  // So that nothing is picked from the data in their place.
  expect(readAddress(link.search).given).toContain('windowWidth')
  expect(readAddress('?data=Smith_Anna&version=<b>')).toMatchObject({ data: null, version: null })
})

test('other data than those of the link are named until the right ones are loaded', async () => {
  const { load, said } = await opened(`?data=${data}&version=${version}`)
  load(null)
  expect(said()).toEqual([])
  load('fedcba9876543210')
  expect(said()).toEqual([
    expect.stringMatching(/^This link is of a run on other data \(0123456789abcdef\) than are loaded \(fedcba9876543210\): [^.]*\.$/),
  ])
  load('aaaaaaaaaaaaaaaa')
  expect(said()).toEqual([expect.stringContaining('aaaaaaaaaaaaaaaa')])
  load(data)
  expect(said()).toEqual([])
})

test('another version is named, and a link without a hash expects nothing', async () => {
  const { load, said } = await opened('?version=0.0.9')
  load('fedcba9876543210')
  expect(said()).toEqual([expect.stringContaining('by version 0.0.9 of Exemplar Lab')])
})
