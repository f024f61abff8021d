// Traces of the page in Chromium: how long its thread is busy, by processor time, so that it can be measured on a machine that does other things too.

/** Collects a trace while something happens. @returns its events */
export async function traced(session, work) {
  const events = []
  const take = ({ value }) => events.push(...value)
  session.on('Tracing.dataCollected', take)
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['blink.user_timing', 'disabled-by-default-devtools.timeline', 'devtools.timeline', 'v8', '__metadata'],
    },
  })
  await work()
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  session.off('Tracing.dataCollected', take)
  return events
}
