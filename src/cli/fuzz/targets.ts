import { importers } from './importers'
import type { Target } from './target'

export const targetNames = [
  ...(['png', 'jpeg', 'tiff', 'dicom', 'nifti', 'nrrd', 'numpy', 'hdf5', 'minc', 'mgh', 'zip'] as const),
  ...(['run archive', 'checkpoint', 'protocol'] as const),
] as const

/** The targets that are made together with the one of this name. What trains is loaded only where it is asked for. */
export async function targets(name: string): Promise<Target[]> {
  if (name === 'protocol') return [(await import('./protocol')).protocol as Target]
  if (name === 'run archive' || name === 'checkpoint') return (await import('./kept-runs')).keptRuns()
  return importers()
}
