/**
 * What the GPU refused of some work, for want of memory or as invalid, in its own words; null if nothing. It is told in no other way: TensorFlow.js
 * goes on with zeros.
 * @throws Error as `work` does
 */
export async function refusalOf(device: GPUDevice, work: () => unknown): Promise<string | null> {
  for (const filter of ['out-of-memory', 'validation'] as const) device.pushErrorScope(filter)
  let errors: (GPUError | null)[] = []
  try {
    await work()
  } finally {
    errors = await Promise.all([device.popErrorScope(), device.popErrorScope()])
  }
  return errors.find((one) => one !== null)?.message.split('\n')[0] ?? null
}
