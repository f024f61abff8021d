import { useMemo } from 'react'
import { useStore } from 'zustand'
import { scoreView, showScores, useCurve } from '../store/curves'
import { usePage } from '../store/page-store'
import { keysOf, type ScoreView } from '../store/score-views'
import type { Point } from '../store/series'
import { ChartFigure } from './chart-figure'
import type { ChartProps, Line } from './chart-props'
import { exactScore, percent } from './format'

const distance = (v: number | null | undefined) => (v === null || v === undefined ? '–' : v.toFixed(1))

const plain = (key: string, label: string, model: Line['model'] = 'both', faint = false): Line => ({ key, label, model, faint })

interface Kind extends Pick<ChartProps, 'format' | 'limits'> {
  /** What the figure is called. */
  name: string
  /** In the list of choices. */
  choice: string
  /** The lines before those of classes or patients. */
  first: Line[]
  note: string
}

const mean = (key: string) => [plain(key, 'mean')]
const others = 'On reference masks of other patients.'
const missed = 'A structure that is missed, or seen where none is, has the diagonal of its image.'

const kinds: Record<ScoreView, Kind> = {
  dice: {
    name: 'Dice',
    choice: 'Dice of both, A and B, and fit',
    first: [
      plain('dice', 'mean of both'),
      plain('diceA', 'A', 'A'),
      plain('diceB', 'B', 'B'),
      plain('fit', 'fit (exemplar)', 'none', true),
    ],
    format: exactScore,
    limits: [0, 1],
    note: `${others} The fit is the score on the exemplar itself: not accuracy.`,
  },
  diceOfClasses: { name: 'Dice', choice: 'Dice of each class', first: mean('dice'), format: exactScore, limits: [0, 1], note: others },
  diceOfPatients: {
    name: 'Dice',
    choice: 'Dice of each patient',
    first: mean('dice'),
    format: exactScore,
    limits: [0, 1],
    note: `${others} The lowest come first.`,
  },
  hd95OfClasses: { name: 'HD95', choice: 'HD95 of each class', first: mean('hd95'), format: distance, note: `${others} ${missed}` },
  hd95OfPatients: {
    name: 'HD95',
    choice: 'HD95 of each patient',
    first: mean('hd95'),
    format: distance,
    note: `${others} ${missed} The farthest come first.`,
  },
  calibration: {
    name: 'Calibration',
    choice: 'Calibration',
    first: [plain('confidentRight', 'confident and right'), plain('calibrationError', 'calibration error', 'none')],
    format: percent,
    limits: [0, 1],
    note:
      'Are the confident pixels right? Of those that a network or the reference calls foreground, the share of the confident ones that is right; and how far ' +
      'confidence is from that, confident or not (expected calibration error).',
  },
}

/** Dashes of the classes, one after another. */
const dashes = [undefined, '6 4', '2 3', '8 3 2 3']

/** Scores of the run: one chart with a choice of what it shows. */
export function ScoreChart() {
  const view = useStore(scoreView, (state) => state.view)
  const { rows } = useCurve('dice')
  const { name, first, note, ...props } = kinds[view]
  const classes = useClassLines(rows)
  const patients = usePatientLines(rows, view === 'hd95OfPatients')
  const unit = usePage(({ dataset }) =>
    dataset?.unlabeled.every(({ hasReference, spacing }) => !hasReference || spacing) ? 'mm' : 'pixels',
  )
  const shown = {
    dice: [],
    calibration: [],
    diceOfClasses: classes,
    hd95OfClasses: classes,
    diceOfPatients: patients,
    hd95OfPatients: patients,
  }
  return (
    <ChartFigure
      name={name}
      chart="dice"
      {...props}
      dots
      lines={[...first, ...shown[view]]}
      note={name === 'HD95' ? `In ${unit}. ${note}` : note}
    >
      <select
        className="scores-shown"
        aria-label="Scores shown"
        value={view}
        onChange={(event) => showScores(event.target.value as ScoreView)}
      >
        {Object.entries(kinds).map(([key, { choice }]) => (
          <option key={key} value={key}>
            {choice}
          </option>
        ))}
      </select>
    </ChartFigure>
  )
}

const columnsOf = (rows: readonly Point[], start: string) => Object.keys(rows.at(-1) ?? {}).filter((key) => key.startsWith(start))

/** A line for each foreground class, in its colour, but dark or light enough to be seen. */
function useClassLines(rows: readonly Point[]): Line[] {
  const classes = usePage((state) => state.dataset?.classes)
  return useMemo(
    () =>
      columnsOf(rows, keysOf.class).map((key) => {
        const i = Number(key.slice(keysOf.class.length))
        const { name, color } = classes?.[i + 1] ?? { name: `class ${i + 1}`, color: 'var(--text)' }
        const own = { color: `color-mix(in srgb, ${color} 65%, var(--text))`, dash: dashes[i % dashes.length] }
        return { ...plain(key, name, 'none'), own }
      }),
    [rows, classes],
  )
}

/** A faint line for each patient, the worst of the newest score first. @param high whether high is bad */
function usePatientLines(rows: readonly Point[], high: boolean): Line[] {
  const unlabeled = usePage((state) => state.dataset?.unlabeled)
  const rename = usePage((state) => state.exportOptions.rename)
  const names = useMemo(() => new Map<string, string>(unlabeled?.map(({ id, scoredAs }) => [id, scoredAs])), [unlabeled])
  return useMemo(() => {
    const newest = rows.at(-1) as Record<string, number | null> | undefined
    const all = columnsOf(rows, keysOf.patient).map((key, i) => {
      const number = `patient ${i + 1}`
      const label = names.get(key.slice(keysOf.patient.length)) ?? number
      return { ...plain(key, label, 'none', true), ...(rename && { written: number }) }
    })
    const badness = ({ key }: Line) => {
      const v = newest![key]
      return v === null || v === undefined ? -Infinity : high ? v : -v
    }
    return all.sort((a, b) => badness(b) - badness(a))
  }, [rows, names, rename, high])
}
