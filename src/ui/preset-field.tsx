import { presetOf, presets, type Preset } from '../method/config'
import { choosePreset } from '../store/commands'
import { usePage } from '../store/page-store'
import { allowed, unpicked } from '../store/state'

const names = Object.keys(presets) as Preset[]

/** What each is for. */
const meanings: Record<Preset, string> = {
  Quick: 'Small images; about 3 minutes on two processor cores.',
  Balanced: 'Finer images and larger networks; about 15 minutes on two processor cores.',
  Best: 'Still finer images; for a GPU.',
  Paper: 'What the abstract of the paper confirms, with the numbers of its neighbours; for a strong GPU, and long.',
}

export function PresetField() {
  const preset = usePage((state) => presetOf(unpicked(state)))
  const can = usePage((state) => allowed(state).configure)
  return (
    <label className="field">
      <span>Preset</span>
      <select
        value={preset ?? 'Custom'}
        disabled={!can}
        title={can ? (preset ? meanings[preset] : undefined) : 'Reset the run before changing its settings.'}
        onChange={(event) => {
          const chosen = names.find((name) => name === event.target.value)
          if (chosen) choosePreset(chosen)
        }}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
        {preset === null && <option>Custom</option>}
      </select>
    </label>
  )
}
