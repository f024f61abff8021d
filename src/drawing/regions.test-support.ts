import type { LabelMap } from '../image/raster'
import { apply, type Patch, type Pen } from './patch'

export const penOf = (label: number, locked: number[] = []): Pen => ({ label, locked: new Set(locked), limit: null })

/** The labels of a mask after a patch. */
export function after(mask: LabelMap, patch: Patch | null): Uint8Array<ArrayBuffer> {
  const next = { ...mask, labels: mask.labels.slice() }
  if (patch) apply(next, new Uint32Array(256), patch, 'forwards')
  return next.labels
}
