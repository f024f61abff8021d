import { useIsDraft } from '../../store/drafts'
import type { UnlabeledInfo } from '../../worker/protocol'
import { Thumbnail } from '../thumbnail'

interface Props {
  image: UnlabeledInfo
  /** Its name without what others share. */
  short: string
  /** Whether Tab goes to it. */
  current: boolean
  /** The picture was clicked. */
  onOpen: (image: UnlabeledInfo) => void
  onAnnotate: (image: UnlabeledInfo) => void
  onUseMask: (image: UnlabeledInfo) => void
}

/** One image to choose. */
export function Tile({ image, short, current, onOpen, onAnnotate, onUseMask }: Props) {
  const { id, name, annotated, hasReference } = image
  const draft = useIsDraft(id) && !annotated
  const tabIndex = current ? 0 : -1
  return (
    <figure className="picker-tile" aria-label={name} data-current={current}>
      <button
        type="button"
        className="picker-picture"
        aria-label={`Open ${name}`}
        title={name}
        data-control="open"
        tabIndex={tabIndex}
        onClick={() => onOpen(image)}
      >
        <Thumbnail id={id} />
      </button>
      {(annotated || draft) && (
        <p className="marks">{annotated ? <span>annotated</span> : <span title="Drawn on, but not used yet.">draft</span>}</p>
      )}
      <figcaption title={name}>{short}</figcaption>
      <div className="picker-buttons">
        {hasReference && !annotated && (
          <button
            type="button"
            className="small"
            aria-label={`Use with its mask as exemplar: ${name}`}
            data-control="use"
            tabIndex={tabIndex}
            onClick={() => onUseMask(image)}
          >
            Use with its mask as exemplar
          </button>
        )}
        <button
          type="button"
          className="small"
          aria-label={`Annotate ${name}`}
          title={`Annotate ${name}`}
          data-control="annotate"
          tabIndex={tabIndex}
          onClick={() => onAnnotate(image)}
        >
          {hasReference && !annotated ? (
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
              <path
                d="M2.5 13.5 3.3 10 11 2.3l2.7 2.7L6 12.7z"
                fill="none"
                stroke="currentColor"
                strokeWidth="1.5"
                strokeLinejoin="round"
              />
            </svg>
          ) : (
            'Annotate'
          )}
        </button>
      </div>
    </figure>
  )
}
