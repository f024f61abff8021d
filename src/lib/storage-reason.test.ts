import { expect, it } from 'vitest'
import { storageReason } from './storage-reason'

it('says why storage failed, whatever was thrown', () => {
  const problems = [
    new DOMException('', 'QuotaExceededError'),
    new DOMException('Denied.', 'SecurityError'),
    new DOMException('Denied.', 'NotAllowedError'),
    new DOMException('No answer within 30 s.', 'TimeoutError'),
    new DOMException('The file is gone.', 'NotFoundError'),
    new Error('It does not fit the image.'),
    'it has no file system for pages',
    new Error(''),
  ]
  expect(problems.map(storageReason)).toEqual([
    'its storage is full',
    'it refuses to store anything, as in some private windows',
    'it refuses to store anything, as in some private windows',
    'its storage does not answer',
    'The file is gone',
    'It does not fit the image',
    'it has no file system for pages',
    'no reason given',
  ])
})
