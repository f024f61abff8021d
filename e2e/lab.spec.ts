/** What watches every spec notices what must never happen. */
import { expect, open, test, watchFor } from './lab'

const elsewhere = 'https://elsewhere.invalid/'
const code = 'data:text/javascript,1'

async function misbehave({ elsewhere, code }: { elsewhere: string; code: string }): Promise<void> {
  await fetch(elsewhere).catch(() => undefined)
  await import(code).catch(() => undefined)
}

test('a request to elsewhere and what the policy refuses are noticed, in the page and in its worker', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL: baseURL! })
  const wrongs = await watchFor(context, new URL(baseURL!).origin)
  const page = await context.newPage()
  const [worker] = await Promise.all([page.waitForEvent('worker'), open(page)])
  expect(wrongs).toEqual([])
  const noticed = async (act: () => Promise<unknown>, ...parts: string[]) => {
    wrongs.length = 0
    await act()
    for (const part of parts) await expect.poll(() => wrongs.filter((wrong) => wrong.includes(part)), part).not.toEqual([])
  }

  const refusals = [`policy: connect-src refused ${elsewhere}`, 'refused data']
  await noticed(() => page.evaluate(misbehave, { elsewhere, code }), ...refusals)
  await noticed(() => worker.evaluate(misbehave, { elsewhere, code }), ...refusals)
  await noticed(
    () => page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<p style="color: red"></p>')),
    'policy: style-src-attr refused inline',
  )
  // A page may always be left for another one, which no policy forbids.
  await noticed(() => page.goto(elsewhere).catch(() => undefined), `request to ${elsewhere}`)
  await context.close()
})
