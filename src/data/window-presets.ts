/** A window that shows one tissue well, in Hounsfield units. */
export interface Preset {
  name: string
  center: number
  width: number
}

/** Windows in common use for CT; the values of 3D Slicer and of radiology textbooks differ by a few units. */
export const ctPresets: readonly Preset[] = [
  { name: 'Soft tissue', center: 40, width: 400 },
  { name: 'Lung', center: -600, width: 1500 },
  { name: 'Bone', center: 400, width: 1800 },
  { name: 'Brain', center: 40, width: 80 },
  { name: 'Liver', center: 60, width: 160 },
]
