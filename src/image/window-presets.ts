import type { GreyWindow } from './window'

/** A window that shows one thing well, in the units of the file. */
export interface WindowPreset extends GreyWindow {
  name: string
}

/** Windows in common use for CT, in Hounsfield units; the values of 3D Slicer and of radiology textbooks differ by a few units. */
export const ctPresets: readonly WindowPreset[] = [
  { name: 'Soft tissue', center: 40, width: 400 },
  { name: 'Lung', center: -600, width: 1500 },
  { name: 'Bone', center: 400, width: 1800 },
  { name: 'Brain', center: 40, width: 80 },
  { name: 'Liver', center: 60, width: 160 },
]
