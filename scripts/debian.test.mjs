import { expect, test } from 'vitest'
import { installed } from './debian.mjs'

test('reads what apt would install or upgrade', () => {
  const text =
    'Inst libdrm2 [2.4.114-1+b1] (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])\n' +
    'Inst libvulkan1 (1.3.239.0-1 Debian:12.15/oldstable [amd64]) []\n' +
    'Conf libdrm2 (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])\n'
  expect(installed(text)).toEqual(['libdrm2', 'libvulkan1'])
})
