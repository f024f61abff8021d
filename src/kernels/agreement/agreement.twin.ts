/** Values of `agreement`, in order; shares of all pixels, 0..1. */
export const agreementValues = ['confidentA', 'confidentB', 'foregroundA', 'foregroundB', 'agreement'] as const

export function countAgreement(labels: Float32Array, taught: Float32Array, shares: Float32Array): void {
  const half = labels.length / 2
  const count = new Float64Array(5)
  for (let a = 0, b = half; a < half; a++, b++) {
    if (taught[a]! >= 0) count[0]!++
    if (taught[b]! >= 0) count[1]!++
    if (labels[a]! > 0) count[2]!++
    if (labels[b]! > 0) count[3]!++
    if (labels[a] === labels[b]) count[4]!++
  }
  for (let i = 0; i < 5; i++) shares[i] = count[i]! / half
}
