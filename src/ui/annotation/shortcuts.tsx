import { ModalDialog } from '../modal-dialog'
import { canvasKeys, otherKeys, tools } from './tools'

/** The sheet of keys, over the editor. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <ModalDialog title="Shortcuts" className="dialog shortcuts" onClose={onClose}>
      <div className="shortcuts-columns">
        <Keys title="Tools" rows={tools.map(({ key, name }) => [key, name] as const)} />
        <Keys title="Everywhere" rows={otherKeys} />
        <Keys title="On the image, without a mouse" rows={canvasKeys} />
      </div>
      <button type="button" onClick={onClose}>
        Close shortcuts
      </button>
    </ModalDialog>
  )
}

function Keys({ title, rows }: { title: string; rows: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
