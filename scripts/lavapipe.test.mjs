import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { adapterVariables, lavapipeVariables } from './lavapipe.mjs'

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
