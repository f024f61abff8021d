import { Random } from '../lib/random'
import type { LabelClass, LabelMap, Raster } from '../image/raster'
import { abdominal } from './phantom-abdominal'
import { cardiac } from './phantom-cardiac'

export type PhantomKind = 'cardiac' | 'abdominal'

export interface PhantomOptions {
  seed: number
  patients: number
  slicesPerPatient: number
  /** Side of the square pictures in pixels. */
  size: number
}

export interface PhantomSlice {
  /** Patient and slice from 1, e.g. "p03_s2". */
  name: string
  patient: string
  /** Whole numbers 0..255, as from an 8-bit file. */
  image: Raster
  labels: LabelMap
}

export interface Phantom {
  /** Background first. */
  classes: LabelClass[]
  /** Patient by patient, each from one end of the anatomy to the other; slice floor(n / 2) of n shows every class. */
  slices: PhantomSlice[]
}

/** Synthetic images with ground truth. A patient depends only on kind, seed and its number, not on how many are made. */
export function makePhantoms(kind: PhantomKind, options: PhantomOptions): Phantom {
  const { seed, patients, slicesPerPatient, size } = options
  const { classes, draw } = { cardiac, abdominal }[kind]
  const slices: PhantomSlice[] = []
  for (let p = 0; p < patients; p++)
    for (let s = 0; s < slicesPerPatient; s++) {
      const patient = `p${String(p + 1).padStart(2, '0')}`
      const level = (s + 0.5) / slicesPerPatient
      const { pixels, labels } = draw((...path) => new Random(seed, kind, p, ...path), level, size)
      slices.push({
        name: `${patient}_s${s + 1}`,
        patient,
        image: { width: size, height: size, pixels },
        labels: { width: size, height: size, labels },
      })
    }
  return { classes: classes.map((c) => ({ ...c })), slices }
}
