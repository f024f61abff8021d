import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { useEditing, useEditor, useEditorState } from './editor-context'
import { followKeys } from './keys'
import { Sides, ZoomButtons } from './picture-marks'
import { followPointers } from './pointers'
import { Stage } from './stage'

interface Props {
  canvas: RefObject<HTMLCanvasElement | null>
  /** Receives the stage once it exists, and null when it is gone. */
  onStage: (stage: Stage | null) => void
  /** Stands between the image and what is said of it. */
  children?: ReactNode
}

/** The image to draw on, with the letters of its sides, zoom buttons and a read-out of what is under the pointer. */
export function DrawingCanvas({ canvas, onStage, children }: Props) {
  const { look } = useEditing()
  const editor = useEditor()
  const over = useRef<HTMLCanvasElement>(null)
  const readout = useRef<HTMLParagraphElement>(null)
  const spoken = useRef<HTMLParagraphElement>(null)
  const [stage, setStage] = useState<Stage | null>(null)
  const tool = useEditorState((state) => state.tool)
  const notice = useEditorState((state) => state.notice)
  const stroking = useEditorState((state) => state.stroking)
  const corners = useEditorState((state) => state.points.length)

  useEffect(() => {
    const standing = new Stage(editor, canvas.current!, over.current!, look, {
      readout: (text) => (readout.current!.textContent = text),
      say: (text) => (spoken.current!.textContent = text),
    })
    followPointers(standing)
    followKeys(standing)
    setStage(standing)
    onStage(standing)
    return () => {
      standing.dispose()
      onStage(null)
    }
  }, [editor, look, canvas, onStage])

  const { name, sides, width, height } = editor.picture
  return (
    <div className="desk-stage">
      <div className="desk-picture">
        <canvas
          ref={canvas}
          role="application"
          tabIndex={0}
          aria-label={`Drawing of ${name}. Arrow keys move the cross-hair, with Shift by ten pixels; Space or Enter starts and ends a stroke or shape, fills, or sets a corner; question mark lists all keys.`}
          data-tool={tool}
          data-image-width={width}
          data-image-height={height}
        />
        <canvas ref={over} className="annotation-over" aria-hidden="true" />
        <Sides sides={sides} />
        <ZoomButtons onZoom={(factor) => stage?.zoom(factor)} onFit={() => stage?.fit()} />
      </div>
      {children}
      <div className="annotation-foot">
        <p ref={readout} className="annotation-readout" data-readout />
        <p role="status" className="annotation-notice">
          {notice ??
            (stroking
              ? 'Drawing: Escape takes the stroke back.'
              : corners > 0
                ? tool === 'livewire'
                  ? `Livewire with ${corners} click${corners === 1 ? '' : 's'}: Enter closes it.`
                  : `Polygon of ${corners} corner${corners === 1 ? '' : 's'}: Enter closes it.`
                : '')}
        </p>
        <p ref={spoken} className="unseen" aria-live="polite" />
      </div>
    </div>
  )
}
