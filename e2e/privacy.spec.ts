import { makeDicom } from '../src/data/dicom.test-support'
import { button, expect, expectState, open, saved, savedZip, test, tiny } from './lab'
import { expectRead, image, mask, upload, type UploadedFile } from './phantom'

/** Names of people in files, and in a DICOM file besides. */
const secret = /smith|anna|jones|19570423|Doe\^Jane|PID4711/

async function files(): Promise<UploadedFile[]> {
  const scan = makeDicom({
    ...{ name: 'i.dcm', rows: 32, columns: 32, pixels: Int16Array.from({ length: 32 * 32 }, (_, i) => i % 900) },
    more: [
      ['00100010', 'PN', 'Doe^Jane'],
      ['00100020', 'LO', 'PID4711'],
    ],
  })
  return [
    image(0, 'smith-anna_s1.png'),
    mask(0, 'smith-anna_s1_mask.png'),
    image(1, 'smith-anna_s2.png'),
    image(2, 'jones_19570423.png'),
    upload('i.dcm', await scan.read()),
  ]
}

test('what names a person is listed, taken out of exports, and in no diagnostics', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await open(page, `${tiny}&steps=2`)
  await page.getByLabel('Zip or mixed files').setInputFiles(await files())
  await expectRead(page)
  await expect(page.getByText(/names of 4 files look like the name or number of a person/)).toBeVisible()

  await page.getByText(/What could name a person in your DICOM files/).click()
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
  await expect(row("Patient's Name")).toContainText('Doe^Jane')
  await expect(row("Patient's Name")).toContainText('left out of DICOM SEG, unless kept')
  await expect(row('SOP Instance UID')).toContainText('no viewer finds the images without it')
  await page.getByRole('checkbox', { name: "Keep the patient's name in DICOM SEG" }).check()
  await expect(row('Patient ID')).toContainText('kept in DICOM SEG')
  await page.getByRole('checkbox', { name: "Keep the patient's name in DICOM SEG" }).uncheck()

  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await page.getByRole('checkbox', { name: /^Rename files to case-001/ }).check()
  const run = await savedZip(page, 'Export run')
  expect(Object.keys(run)).toEqual(expect.arrayContaining(['masks/case-001_02.png', 'masks/case-002.png']))
  for (const [path, bytes] of Object.entries(run))
    if (!/^model|^test-vector/.test(path)) expect(path + Buffer.from(bytes).toString('latin1')).not.toMatch(secret)
  expect((await saved(page, 'Save which is which')).buffer.toString()).toContain('case-002.png,jones_19570423.png')

  // A file that cannot be read is told by its name, which diagnostics leave out.
  await page.getByLabel('Zip or mixed files').setInputFiles([upload('smith-anna_bad.png', Uint8Array.of(137, 80, 78, 71))])
  await expect(page.getByRole('alert').first()).toContainText('smith-anna_bad.png')
  await button(page, 'Copy diagnostics').click()
  await expect(page.getByText('Copied. No name and no pixel of your files is in it.')).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(JSON.parse(text)).toMatchObject({ program: 'Exemplar Lab', backend: { backend: 'wasm' }, run: { state: 'finished' } })
  expect(text).not.toMatch(secret)
})

test.describe('without an engine', () => {
  test.use({ caused: /entry|worker|Failed to load resource|ERR_FAILED/i })

  test('diagnostics can be copied all the same', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.route(/entry-[^/]*\.js/, (route) => route.abort())
    await page.goto(`/?${tiny}`)
    await expect(page.getByRole('alert').first()).toBeVisible()
    await button(page, 'Copy diagnostics').click()
    await expect(page.getByText(/^Copied\./)).toBeVisible()
    const { backend, errors } = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as Record<string, unknown>
    expect(backend).toBe('none: the engine has not started')
    expect(errors).not.toEqual([])
  })
})
