import { useId, useMemo } from 'react'
import { keys, nearestPreset, parameters, precisionNote, type Config, type Group, type Key, type Mark, type Preset } from '../method/config'
import { setValue } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed } from '../store/state'
import { count } from './format'
import { NumberField, type NumberKey } from './number-field'

/** These two are beside the preset. */
const elsewhere: readonly Key[] = ['steps', 'seed']

const shown = keys.filter((key) => !elsewhere.includes(key))
const groups = [...new Set(shown.map((key) => parameters[key].group))]

const marks: Record<Mark, string> = {
  confirmed: 'Stated in the abstract of the paper.',
  inferred: 'The value of the closest public neighbour.',
  measured: 'From our own reference runs.',
  choice: 'Our choice.',
}

/** The form of all settings, made from their table. */
export function Settings() {
  const can = usePage((state) => allowed(state).configure)
  const asked = usePage((state) => state.asked)
  const nearest = useMemo(() => nearestPreset(asked), [asked])
  const others = Object.keys(nearest.differing) as Key[]
  return (
    <details className="settings">
      <summary>
        <span>Settings</span>
        {others.length > 0 && (
          <span className="quiet">
            {count(others.length)} {others.length === 1 ? 'differs' : 'differ'} from {nearest.preset}:{' '}
            {others.map((key) => parameters[key].label).join(', ')}
          </span>
        )}
      </summary>
      {!can && <p className="note">These are the settings of the current run. Reset it to change them.</p>}
      <p className="quiet">
        Each value is marked with where it comes from:{' '}
        {(Object.keys(marks) as Mark[]).map((mark) => (
          <span key={mark}>
            <span className="mark">{mark}</span> {marks[mark]}{' '}
          </span>
        ))}
      </p>
      <div className="settings-groups">
        {groups.map((group) => (
          <SettingsGroup group={group} can={can} nearest={nearest} key={group} />
        ))}
      </div>
    </details>
  )
}

interface Nearest {
  preset: Preset
  differing: Partial<Config>
}

function SettingsGroup({ group, can, nearest }: { group: Group; can: boolean; nearest: Nearest }) {
  return (
    <fieldset disabled={!can}>
      <legend>{group}</legend>
      {shown
        .filter((key) => parameters[key].group === group)
        .map((key) => (
          <Setting name={key} preset={nearest.preset} there={nearest.differing[key]} key={key} />
        ))}
    </fieldset>
  )
}

interface SettingProps {
  name: Key
  /** The nearest preset, and its value if that is another. */
  preset: Preset
  there: Config[Key] | undefined
}

function Setting({ name, preset, there }: SettingProps) {
  const asked = usePage((state) => state.asked[name])
  const running = usePage((state) => state.running?.[name])
  const hintId = useId()
  const parameter = parameters[name]
  return (
    <div className="setting" data-ahead={running !== undefined && running !== asked} data-differs={there !== undefined}>
      {parameter.kind === 'number' ? (
        <NumberField name={name as NumberKey} describedBy={hintId} />
      ) : parameter.kind === 'switch' ? (
        <label className="field switch">
          <span>{parameter.label}</span>
          <input
            type="checkbox"
            checked={asked === true}
            aria-describedby={hintId}
            onChange={(event) => setValue(name, event.target.checked)}
          />
        </label>
      ) : (
        <label className="field">
          <span>{parameter.label}</span>
          <select value={String(asked)} aria-describedby={hintId} onChange={(event) => setValue(name, event.target.value as typeof asked)}>
            {parameter.options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        </label>
      )}
      <p className="hint quiet" id={hintId}>
        {there !== undefined && (
          <b>
            {preset} has {there === true ? 'on' : there === false ? 'off' : there}.{' '}
          </b>
        )}
        {parameter.hint} <span className="mark">{parameter.mark}</span>
      </p>
      {name === 'precision' && <PrecisionNote />}
    </div>
  )
}

function PrecisionNote() {
  const note = usePage(({ backend, asked }) => backend && precisionNote(asked, backend.backend))
  return note && <p className="note">{note}</p>
}
