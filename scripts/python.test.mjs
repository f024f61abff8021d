import { expect, test } from 'vitest'
import { missingModules } from './python.mjs'

test('a missing Python lacks every module', () => {
  expect(missingModules('/no/such/python3', ['json', 'numpy'])).toEqual(['json', 'numpy'])
})

const python = ['/usr/bin/python3', 'python3'].find((one) => missingModules(one, ['json']).length === 0)
test.skipIf(!python)('missing modules are named, installed ones are not', () => {
  expect(missingModules(python, ['json', 'no_such_module'])).toEqual(['no_such_module'])
})
