/** A run that has ended trains further. */
import { button, column, expect, expectState, expectStep, expectStepAbove, open, savedZip, status, step, test, tiny } from './lab'
import { loadOwnFiles } from './phantom'

const more = { name: 'Train on by', exact: true } as const

test('a finished run trains on by any number of steps, and says so', async ({ page }) => {
  await open(page, `${tiny}&steps=4&scoreEvery=100`)
  await loadOwnFiles(page)
  await expect(button(page, '+ 200 steps')).toHaveAttribute('aria-disabled', 'true')
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(page.getByText('Step 1: the networks begin to teach each other.')).toBeAttached()

  for (const [text, reason] of [
    ['1.5', 'a whole number is needed'],
    ['99997', 'at most 99996'],
  ] as const) {
    await page.getByRole('spinbutton', more).fill(text)
    await expect(page.getByText(reason, { exact: true })).toBeVisible()
    await expect(button(page, '+ 200 steps')).toBeVisible()
  }
  await page.getByRole('spinbutton', more).fill('3')
  await expect(page.getByText('To step 7, at a learning rate of 0.00047 and falling.')).toBeVisible()
  await button(page, '+ 3 steps').click()
  await expectStep(page, 7)
  await expectState(page, 'finished')
  await expect(status(page)).toHaveText('finished · step 7 of 7')
  await expect(page.getByText('Step 4: trains on to step 7, from a learning rate of 0.00047 on.')).toBeAttached()
  await expect.poll(() => column(page, 'Loss', /total.*A|A.*total/i)).toHaveLength(7)
  const { 'config.json': config } = await savedZip(page, 'Export run')
  expect(JSON.parse(new TextDecoder().decode(config))).toMatchObject({ step: 7, state: 'finished', config: { steps: 7 } })

  await button(page, 'Reset').click()
  await expectState(page, 'ready')
  await expect(page.getByRole('spinbutton', { name: 'Steps' })).toHaveValue('4')
})

test('a stopped run is not a finished one, and goes on', async ({ page }) => {
  await open(page, `${tiny}&steps=5000&scoreEvery=1000`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectStepAbove(page, 1)
  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
  const stopped = await step(page)
  const { 'config.json': config } = await savedZip(page, 'Export run')
  expect(JSON.parse(new TextDecoder().decode(config))).toMatchObject({ state: 'stopped', marks: [{ step: stopped, what: 'stopped' }] })
  await expect(page.getByTestId('kept')).toHaveAttribute('data-step', String(stopped))

  await page.reload()
  await expectState(page, 'ready')
  const kept = page.getByRole('region', { name: 'Runs' })
  await expect(kept).toContainText(`stopped at step ${stopped} of 5,000`)
  await kept.getByRole('button', { name: /^Continue/ }).click()
  await expectState(page, 'stopped')
  await page.getByRole('spinbutton', more).fill('2')
  await button(page, '+ 2 steps').click()
  await expectState(page, 'finished')
  await expect(status(page)).toHaveText(`finished · step ${stopped + 2} of ${stopped + 2}`)
})
