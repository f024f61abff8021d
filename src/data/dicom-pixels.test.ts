import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDicom } from './dicom'
import { fromBytes } from './given-file'
import './itk-pipeline.test-support'
import type { Volume } from './volume'
import { findPython, needs, runPython } from '../lib/python.test-support'

const formats = new URL('../../../shared/data/formats', import.meta.url).pathname

async function read(path: string): Promise<Volume> {
  const { volumes, problems } = await readDicom([fromBytes('a.dcm', new Uint8Array(readFileSync(path)))])
  expect(problems).toEqual([])
  return volumes[0]!
}

const python = findPython('pydicom', 'numpy', 'PIL')
describe.skipIf(!python || !existsSync(formats))(needs('DICOM as pydicom reads it', python, 'pydicom'), () => {
  /** Arrays that pydicom decodes, colour as RGB, one after the other in `out`. */
  const folder = mkdtempSync(join(tmpdir(), 'dicom-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const files = existsSync(formats) ? readdirSync(formats).filter((name) => name.endsWith('.dcm') && name !== 'no_meta.dcm') : []
  beforeAll(() => {
    const code = `
import sys, warnings, numpy as np, pydicom
from pydicom.pixel_data_handlers.util import convert_color_space
warnings.simplefilter('ignore')
folder, out, *names = sys.argv[1:]
for name in names:
    d = pydicom.dcmread(folder + '/' + name)
    try: a = d.pixel_array
    except (NotImplementedError, RuntimeError): continue
    if name == 'examples_ybr_color.dcm': a = convert_color_space(a, 'YBR_FULL_422', 'RGB')
    if name == 'SC_rgb_jpeg_dcmtk.dcm': a = convert_color_space(a, 'YBR_FULL', 'RGB')
    np.ascontiguousarray(a).astype('<f8').tofile(out + '/' + name)
d = pydicom.dcmread(folder + '/examples_rgb_color.dcm')
d.compress(pydicom.uid.RLELossless); d.save_as(out + '/rle_rgb.dcm')
`
    const { status, output } = runPython(python!, ['-c', code, formats, folder, ...files])
    expect({ status, output }).toEqual({ status: 0, output: '' })
  })

  /** Largest difference from pydicom; lossy colour may round differently, or be smoothed where chroma is halved. */
  const lossy: Record<string, number> = { 'SC_rgb_jpeg_dcmtk.dcm': 2, 'examples_ybr_color.dcm': 2 }
  // What Debian's pydicom cannot decode is below.
  const elsewhere = ['JPEG-lossy.dcm', 'JPGExtended.dcm', 'MR_small_jpeg_ls_lossless.dcm']
  test.each(files.filter((name) => !elsewhere.includes(name)))('%s', async (name) => {
    const volume = await read(join(formats, name))
    const reference = new Float64Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
    expect(volume.samples.length).toBe(reference.length)
    const worst = Float64Array.from(volume.samples).reduce((max, v, i) => Math.max(max, Math.abs(v - reference[i]!)), 0)
    expect(worst).toBeLessThanOrEqual(lossy[name] ?? 0)
  })

  test('lossless JPEG-LS equals RLE; 12-bit JPEG has the values that Osirix shows', async () => {
    const samples = async (name: string) => (await read(join(formats, name))).samples
    expect(await samples('MR_small_jpeg_ls_lossless.dcm')).toEqual(await samples('MR_small_RLE.dcm'))
    for (const name of ['JPEG-lossy.dcm', 'JPGExtended.dcm']) {
      // Rows 420 and 230, columns 140 and 120: pydicom's own tests have these two, read off by hand.
      const values = await samples(name)
      expect([values[420 * 256 + 140], values[230 * 256 + 120]]).toEqual([244, 95])
    }
  })

  test('colour in RLE', async () => {
    expect((await read(join(folder, 'rle_rgb.dcm'))).samples).toEqual((await read(join(formats, 'examples_rgb_color.dcm'))).samples)
  })
})
