import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { adapterVariables, installed, lavapipeVariables } from './lavapipe.mjs'

test('reads what apt would install or upgrade', () => {
  const text =
    'Inst libdrm2 [2.4.114-1+b1] (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])\n' +
    'Inst libvulkan1 (1.3.239.0-1 Debian:12.15/oldstable [amd64]) []\n' +
    'Conf libdrm2 (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])\n'
  expect(installed(text)).toEqual(['libdrm2', 'libvulkan1'])
})

test('SwiftShader needs no variables, and an unknown adapter is refused in one sentence', () => {
  expect(adapterVariables('swiftshader')).toEqual({})
  expect(() => adapterVariables('nvidia')).toThrow('EXEMPLAR_ADAPTER is "nvidia", but must be one of swiftshader, lavapipe.')
})

test('lavapipe is found by files that are there, or a sentence says what gets it', () => {
  const variables = lavapipeVariables()
  if (!variables) return expect(() => adapterVariables('lavapipe')).toThrow('node scripts/lavapipe.mjs gets it.')
  expect(adapterVariables('lavapipe')).toEqual(variables)
  expect(existsSync(variables.VK_DRIVER_FILES)).toBe(true)
  expect(existsSync(`${variables.LD_LIBRARY_PATH.split(':')[0]}/libvulkan_lvp.so`)).toBe(true)
})
