import type { Facts } from './facts'

/**
 * Whether a run is so far that its predictions mean something: its networks teach each other with full weight. Before, classes come and go: at a
 * fifth of the phantom's steps its right ventricle is found in a tenth of the images, at two fifths in 98 of 100.
 */
export function isMature({ config: { steps, warmup, ramp }, rows }: Facts): boolean {
  return rows.length > 0 && rows.at(-1)!.step >= Math.min(1, warmup + ramp) * steps
}
