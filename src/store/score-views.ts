/** What the chart of scores can show, and the numbers of a score that each of these takes, by key. */
import { meanOfKnown } from '../lib/statistics'
import type { ScoreRow } from '../worker/protocol'

type Values = Record<string, number | null>

/** Keys of classes and patients begin so; then comes the number of a foreground class, from 0, or the id of a picture. */
export const keysOf = { class: 'class ', patient: 'patient ' } as const

const classes = (values: readonly (number | null)[]): Values => Object.fromEntries(values.map((v, i) => [keysOf.class + i, v]))
const patients = ({ perPatient }: ScoreRow, of: 'dice' | 'hd95'): Values =>
  Object.fromEntries(perPatient.map((one) => [keysOf.patient + one.picture, meanOfKnown(one[of])]))

export const scoreViews = {
  dice: ({ dice, diceA, diceB, fit }: ScoreRow): Values => ({ dice, diceA, diceB, fit }),
  diceOfClasses: ({ dice, perClass }: ScoreRow): Values => ({ dice, ...classes(perClass) }),
  diceOfPatients: (row: ScoreRow): Values => ({ dice: row.dice, ...patients(row, 'dice') }),
  hd95OfClasses: ({ hd95, hd95PerClass }: ScoreRow): Values => ({ hd95, ...classes(hd95PerClass) }),
  hd95OfPatients: (row: ScoreRow): Values => ({ hd95: row.hd95, ...patients(row, 'hd95') }),
  calibration: ({ confidentRight, calibrationError }: ScoreRow): Values => ({ confidentRight, calibrationError }),
}

export type ScoreView = keyof typeof scoreViews
