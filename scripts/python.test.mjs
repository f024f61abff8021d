import { expect, test } from 'vitest'
import { missingModules } from './python.mjs'

test('a Python that is not there lacks every module', () => {
  expect(missingModules('/no/such/python3', ['json', 'numpy'])).toEqual(['json', 'numpy'])
})

const python = ['/usr/bin/python3', 'python3'].find((one) => missingModules(one, ['json']).length === 0)
test.skipIf(!python)('what is not there is named, what is there is not', () => {
  expect(missingModules(python, ['json', 'no_such_module'])).toEqual(['no_such_module'])
})
