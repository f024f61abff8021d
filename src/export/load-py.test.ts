import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaults } from '../method/config'
import { loadPy } from './load-py'
import { needsTorch, pythonWithTorch, runLoadPy } from './load-py.test-support'
import { runPython } from '../lib/python.test-support'
import { readSafetensors, writeSafetensors, type StoredTensor } from '../lib/safetensors'

/**
 * The network written again, as functions over a dictionary, with random weights: names, shapes and layout as in src/nn/unet.ts.
 * Writes all values to values.bin and [name, shape] of each tensor to names.json, for two models, then input and softmax.
 */
const independent = `
import json, sys
import numpy as np, torch, torch.nn.functional as F
folder, kind = sys.argv[1:]
base, C, S = 4, 3, 32
w = [base * m for m in (1, 2, 4, 8, 16)]

def weights(seed):
    g = torch.Generator().manual_seed(seed); r = lambda *s: torch.randn(*s, generator=g) * .3
    p = {}
    def block(name, i, o):
        for n, k in ((1, i), (2, o)):
            p[f'{name}.conv{n}.weight'], p[f'{name}.conv{n}.bias'] = r(o, k, 3, 3), r(o)
            p[f'{name}.norm{n}.weight'], p[f'{name}.norm{n}.bias'] = 1 + r(o), r(o)
            if kind == 'batch': p[f'{name}.norm{n}.running_mean'], p[f'{name}.norm{n}.running_var'] = r(o), 1 + r(o).abs()
    for i in range(5): block(f'down.{i}', 1 if i == 0 else w[i - 1], w[i])
    for i in range(4): p[f'squeeze.{i}.weight'], p[f'squeeze.{i}.bias'] = r(w[i], w[i + 1], 1, 1), r(w[i])
    for i in range(4): block(f'up.{i}', 2 * w[i], w[i])
    p['head.weight'], p['head.bias'] = r(C, base, 3, 3), r(C)
    return p

def normed(p, name, x):
    if kind == 'batch': m, v, z = p[name + '.running_mean'].view(1, -1, 1, 1), p[name + '.running_var'].view(1, -1, 1, 1), x
    else:
        B, c, h, k = x.shape; z = x.reshape(B, max(1, min(c // 4, 8)), -1)
        m, v = z.mean(2, keepdim=True), z.var(2, unbiased=False, keepdim=True)
    return ((z - m) / torch.sqrt(v + 1e-5)).view(x.shape) * p[name + '.weight'].view(1, -1, 1, 1) + p[name + '.bias'].view(1, -1, 1, 1)

def run(p, x):
    def block(name, x):
        for n in (1, 2):
            x = normed(p, f'{name}.norm{n}', F.conv2d(x, p[f'{name}.conv{n}.weight'], p[f'{name}.conv{n}.bias'], padding=1))
            x = torch.where(x > 0, x, .01 * x)
        return x
    f = []
    for i in range(5): x = block(f'down.{i}', x if i == 0 else F.max_pool2d(x, 2)); f.append(x)
    for i in (3, 2, 1, 0):
        x = F.conv2d(x, p[f'squeeze.{i}.weight'], p[f'squeeze.{i}.bias'])
        x = block(f'up.{i}', torch.cat([f[i], F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)], 1))
    return F.softmax(F.conv2d(x, p['head.weight'], p['head.bias'], padding=1), 1)

a, b, x = weights(1), weights(2), torch.rand(1, 1, S, S, generator=torch.Generator().manual_seed(3))
groups = [a, b, {'input': x, 'softmax_a': run(a, x), 'softmax_b': run(b, x)}]
json.dump([[[n, list(t.shape)] for n, t in g.items()] for g in groups], open(folder + '/names.json', 'w'))
torch.cat([t.flatten() for g in groups for t in g.values()]).numpy().astype('<f4').tofile(folder + '/values.bin')
`

describe.skipIf(!pythonWithTorch)(needsTorch('load.py run by PyTorch'), () => {
  const root = mkdtempSync(join(tmpdir(), 'load-py-'))
  afterAll(() => rmSync(root, { recursive: true }))

  /** An exported folder made from the independent network. */
  function makeFolder(norm: 'group' | 'batch'): string {
    const folder = join(root, norm)
    mkdirSync(folder)
    expect(runPython(pythonWithTorch!, ['-c', independent, folder, norm])).toEqual({ status: 0, output: '' })
    const bytes = readFileSync(join(folder, 'values.bin'))
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    const groups = JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')) as [string, number[]][][]
    let at = 0
    const files = ['model-a', 'model-b', 'test-vector']
    groups.forEach((group, i) => {
      const tensors = group.map(([name, shape]): [string, StoredTensor] => {
        const size = shape.reduce((a, b) => a * b, 1)
        return [name, { shape, data: values.subarray(at, (at += size)) }]
      })
      writeFileSync(join(folder, `${files[i]}.safetensors`), writeSafetensors(Object.fromEntries(tensors), { format: 'pt' }))
    })
    expect(at).toBe(values.length)
    const config = {
      config: { ...defaults, baseWidth: 4, norm, size: 32, crop: 0.5 },
      classes: [{ name: 'background' }, { name: 'a' }, { name: 'b' }],
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    writeFileSync(join(folder, 'load.py'), loadPy)
    return folder
  }

  /** A copy of the folder's exported files in which `change` may spoil something. */
  function copy(from: string, name: string): string {
    const folder = join(root, name)
    mkdirSync(folder)
    for (const file of ['model-a.safetensors', 'model-b.safetensors', 'test-vector.safetensors', 'config.json', 'load.py'])
      copyFileSync(join(from, file), join(folder, file))
    return folder
  }

  let group = ''
  beforeAll(() => {
    group = makeFolder('group')
  })

  test('GroupNorm: the networks of the files return the test vector', () => {
    const { status, output } = runLoadPy(group)
    expect({ status, output }).toMatchObject({ status: 0 })
    for (const model of ['A', 'B']) {
      const found = new RegExp(`model ${model}: largest difference from the stored test vector (\\S+)`).exec(output)
      expect(Number(found?.[1])).toBeLessThan(1e-5)
    }
  })

  test('BatchNorm: the same', () => {
    expect(runLoadPy(makeFolder('batch'))).toMatchObject({ status: 0 })
  })

  test('a test vector off by 2e-4 in one pixel of B fails with a sentence', () => {
    const folder = copy(group, 'off')
    const path = join(folder, 'test-vector.safetensors')
    const { tensors } = readSafetensors(readFileSync(path))
    tensors['softmax_b']!.data[17]! += 2e-4
    writeFileSync(path, writeSafetensors(tensors))
    const { status, output } = runLoadPy(folder)
    expect(status).toBe(1)
    expect(output).toMatch(/model A: .* \S+e-0[6-9]\nmodel B: .* 0\.0002\nThe networks do not return the stored test vector within 0.0001/)
  })

  test('a test vector that is not a number fails', () => {
    const folder = copy(group, 'nan')
    const path = join(folder, 'test-vector.safetensors')
    const { tensors } = readSafetensors(readFileSync(path))
    tensors['softmax_a']!.data[0] = NaN
    writeFileSync(path, writeSafetensors(tensors))
    expect(runLoadPy(folder)).toMatchObject({ status: 1, output: expect.stringContaining('do not return') })
  })

  test('a missing file, a cut file and missing weights fail with a sentence and no traceback', () => {
    const missing = copy(group, 'missing')
    rmSync(join(missing, 'model-b.safetensors'))
    const cut = copy(group, 'cut')
    writeFileSync(join(cut, 'model-a.safetensors'), readFileSync(join(cut, 'model-a.safetensors')).subarray(0, 50_000))
    const fewer = copy(group, 'fewer')
    const { tensors } = readSafetensors(readFileSync(join(fewer, 'model-a.safetensors')))
    delete tensors['up.2.conv1.bias']
    writeFileSync(join(fewer, 'model-a.safetensors'), writeSafetensors(tensors))
    for (const [folder, words] of [
      [missing, 'model-b.safetensors'],
      [cut, 'load.py could not check'],
      [fewer, "model-a.safetensors does not fit config.json: missing ['up.2.conv1.bias']"],
    ] as const) {
      const { status, output } = runLoadPy(folder)
      expect(status).toBe(1)
      expect(output).toContain(words)
      expect(output).not.toContain('Traceback')
    }
  })

  test('predict gives labels in the size of the image, and the crop and the stretch of the pre-processing', () => {
    const code = `
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from load import load, predict
a, b, config = load(sys.argv[1])
image = np.random.default_rng(0).integers(0, 4096, (80, 70)).astype('u2')
labels, p = predict(image, a, b, config)
assert labels.shape == (80, 70) and labels.dtype == np.uint8 and p.shape == (3, 80, 70), (labels.shape, p.shape)
assert abs(p.sum(0) - 1).max() < 1e-5
inside = np.zeros((80, 70), bool); inside[22:57, 17:52] = True       # half of 70 is 35; (80 - 35) // 2 = 22, (70 - 35) // 2 = 17
assert (labels[~inside] == 0).all() and (labels[inside] > 0).any()
only = [predict(image, a, b, {**config, 'config': {**config['config'], 'inference': which}})[1] for which in 'AB']
assert abs((only[0] + only[1]) / 2 - p).max() < 1e-5 and abs(only[0] - p).max() > 1e-3, 'the setting "inference"'
other = image.copy(); other[~inside] = 0
assert (predict(other, a, b, config)[1] == p).all(), 'pixels outside the crop matter'
assert abs(predict(image * 3. + 7, a, b, config)[1] - p).max() < 1e-3, 'brightness and contrast matter'`
    expect(runPython(pythonWithTorch!, ['-c', code, group])).toEqual({ status: 0, output: '' })
  })

  test('values that are not finite are the least of their image, as in the app', () => {
    const code = `
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from load import load, predict
a, b, config = load(sys.argv[1])
least = np.random.default_rng(0).normal(500, 100, (80, 70))
least[:30] = least[79, 0] = least.min()
strange = least.copy(); strange[:30] = np.nan; strange[5, 5] = np.inf; strange[25, 30] = -np.inf
labels, p = predict(strange, a, b, config)
assert labels.any() and (p == predict(least, a, b, config)[1]).all(), p
nothing = predict(np.full((80, 70), np.nan), a, b, config)[1]
assert (nothing == predict(np.zeros((80, 70)), a, b, config)[1]).all(), nothing`
    expect(runPython(pythonWithTorch!, ['-c', code, group])).toEqual({ status: 0, output: '' })
  })

  test('a volume without geometry is cut along the axis of the run, and as stored where files do not say it', () => {
    const code = `
import struct, sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from load import load, predict, predict_nifti
a, b, config = load(sys.argv[1])
config['data'] = {'millimetresAcross': None}
voxels = np.random.default_rng(0).integers(0, 255, (3, 40, 36)).astype('u1')
header = bytearray(352)
struct.pack_into('<i', header, 0, 348); header[344:348] = b'n+1\\0'
struct.pack_into('<8h', header, 40, 3, *voxels.shape, 1, 1, 1, 1); struct.pack_into('<2h', header, 70, 2, 8)
struct.pack_into('<4f', header, 76, 1, 1, 1, 1); struct.pack_into('<f', header, 108, 352)
open(sys.argv[1] + '/plain.nii', 'wb').write(bytes(header) + voxels.tobytes(order='F'))
for looks, axis in (({'plane': None, 'axis': 0}, 0), ({'plane': 'coronal', 'axis': 0}, 0), ({'plane': None}, 2), (None, 2)):
    found = predict_nifti(sys.argv[1] + '/plain.nii', a, b, {**config, 'domain': {'looks': looks}})
    expected = np.stack([predict(one.T, a, b, config, (1, 1))[0].T for one in np.moveaxis(voxels, axis, 0)], axis)
    assert (axis == 2 or expected.any()) and (found == expected).all(), looks`
    expect(runPython(pythonWithTorch!, ['-c', code, group])).toEqual({ status: 0, output: '' })
  })

  test.each(['<', '>'])('labels above 255 are written as the mask had them, in the byte order %s of the volume', (order) => {
    const code = `
import os, struct, sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from load import read_nifti, write_nifti
order, like, path = sys.argv[2], sys.argv[1] + '/like.nii', sys.argv[1] + '/labels.nii'
header = bytearray(352)
struct.pack_into(order + 'i', header, 0, 348); header[344:348] = b'n+1\\0'
struct.pack_into(order + '8h', header, 40, 3, 3, 2, 1, 1, 1, 1, 1); struct.pack_into(order + '2h', header, 70, 2, 8)
struct.pack_into(order + '4f', header, 76, 1, 1, 1, 1); struct.pack_into(order + 'f', header, 108, 352)
open(like, 'wb').write(bytes(header) + bytes(6))
labels = np.array([[[0], [1]], [[2], [2]], [[1], [0]]], 'u1')
for values, kind, expected in (
    (['0', '500', '600'], (4, 16), [0, 500, 600]), (['0', '85', '255'], (2, 8), [0, 85, 255]),
    (['0', '1', '32768'], (2, 8), [0, 1, 2]), (['0', '500', '500'], (2, 8), [0, 1, 2]),
):
    write_nifti(path, labels, like, {'classes': [{'value': value} for value in values]})
    data, voxels, _, _ = read_nifti(path)
    assert struct.unpack_from(order + '2h', data, 70) == kind, (values, kind)
    assert len(data) == 352 + 6 * kind[1] // 8 and (voxels == np.array(expected)[labels]).all(), (values, voxels.ravel())`
    expect(runPython(pythonWithTorch!, ['-c', code, group, order])).toEqual({ status: 0, output: '' })
  })
})
