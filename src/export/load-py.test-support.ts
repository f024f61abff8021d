import { join } from 'node:path'
import { findPython, needs, runPython } from '../lib/python.test-support'

/** A Python with PyTorch and NumPy, or null, if load.py cannot be checked here. */
export const pythonWithTorch = findPython('torch', 'numpy')

/** The name of a group of tests of load.py; says that nothing was checked where there is no PyTorch. */
export const needsTorch = (name: string): string => needs(name, pythonWithTorch, 'torch and numpy')

/** Runs the load.py of an exported folder on that folder. @returns its exit status and output */
export function runLoadPy(folder: string): { status: number | null; output: string } {
  if (!pythonWithTorch) throw new Error('There is no Python with PyTorch on this machine.')
  return runPython(pythonWithTorch, [join(folder, 'load.py'), folder])
}
