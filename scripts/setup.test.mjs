import { describe, expect, it } from 'vitest'
import { nodeIsNewEnough } from './setup.mjs'

describe('nodeIsNewEnough', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0'])('takes %s', (version) => expect(nodeIsNewEnough(version)).toBe(true))
  it.each(['18.20.0', '20.18.3', '21.7.0', '22.11.0'])('refuses %s', (version) => expect(nodeIsNewEnough(version)).toBe(false))
})
