import { beforeEach, expect, it } from 'vitest'
import { Editor } from '../../drawing/editor'
import type { Point } from '../../drawing/drawable'
import { followPointers } from './pointers'
import type { Stage } from './stage'

const [width, height] = [40, 30]

/** A canvas on which an image lies pixel by pixel, and what a person does on it. */
function opened() {
  const classes = ['Background', 'Ring'].map((name) => ({ name, color: '#336699' }))
  const editor = new Editor(
    {
      ...{ id: 'k', formerKey: '', name: 'image.png', width, height, pixels: new Float32Array(width * height), spacing: null, sides: null },
      ...{ window: { center: 8, width: 16 }, presets: [], fixed: 1, classes, labels: new Uint8Array(width * height), proposal: false },
    },
    null,
    { save: () => undefined, forget: () => undefined },
  )
  editor.setSize(1)
  const captured: number[] = []
  const canvas = Object.assign(new EventTarget(), {
    getBoundingClientRect: () => ({ left: 0, top: 0 }),
    setPointerCapture: (id: number) => captured.push(id),
  })
  const pans: Point[] = []
  const zooms: number[] = []
  const stage = {
    ...{ editor, canvas, signal: new AbortController().signal, tell: () => undefined, redraw: () => undefined },
    hands: { pointer: null as Point | null, cross: { x: 20, y: 15 }, byKeyboard: false, dragging: false, space: 'up' },
    toImage: (at: Point) => at,
    toScreen: (at: Point) => at,
    setCross: ({ x, y }: Point) => (stage.hands.cross = { x: Math.floor(x), y: Math.floor(y) }),
    pan: (x: number, y: number) => pans.push({ x, y }),
    zoom: (factor: number) => zooms.push(factor),
  }
  followPointers(stage as unknown as Stage)
  const pointer =
    (pointerType: string, pointerId: number) =>
    (type: string, x: number, y: number, own: Partial<PointerEvent> = {}) => {
      const event = new Event(type, { cancelable: true })
      const place = { clientX: x + 0.5, clientY: y + 0.5, button: 0, buttons: type === 'pointerup' ? 0 : 1, pointerType, pointerId }
      canvas.dispatchEvent(Object.assign(event, place, own))
    }
  /** The columns of a row that are drawn on, and the number of steps. */
  const drawn = (y = 10) => ({
    columns: Array.from({ length: width }, (_, x) => x).filter((x) => editor.result().labels[y * width + x] === 1),
    elsewhere: editor.result().labels.reduce((sum, label, i) => sum + (Math.floor(i / width) === y ? 0 : label), 0),
    steps: editor.state.getState().drawing.past.length,
  })
  return {
    editor,
    stage,
    pans,
    zooms,
    drawn,
    pen: pointer('pen', 1),
    palm: pointer('touch', 2),
    finger: pointer('touch', 3),
    mouse: pointer('mouse', 4),
  }
}

let on: ReturnType<typeof opened>
beforeEach(() => (on = opened()))

it('draws with a pen alone where the palm lies beside it', () => {
  const { pen, palm, finger, drawn, zooms } = on
  pen('pointerdown', 2, 10)
  palm('pointerdown', 30, 25)
  pen('pointermove', 3, 10)
  palm('pointermove', 31, 25)
  finger('pointerdown', 35, 25)
  finger('pointermove', 36, 26)
  finger('pointercancel', 36, 26)
  palm('pointerleave', 31, 25)
  palm('pointerup', 31, 25)
  pen('pointermove', 5, 10)
  pen('pointerup', 5, 10)
  expect([drawn(), zooms]).toEqual([{ columns: [2, 3, 4, 5], elsewhere: 0, steps: 1 }, []])
})

it('takes back what the palm drew when the pen comes down after it', () => {
  const { pen, palm, drawn } = on
  palm('pointerdown', 30, 25)
  palm('pointermove', 33, 25)
  pen('pointerdown', 2, 10)
  palm('pointermove', 34, 25)
  palm('pointerup', 34, 25)
  palm('lostpointercapture', 34, 25)
  pen('pointermove', 4, 10)
  pen('pointerup', 4, 10)
  expect(drawn()).toEqual({ columns: [2, 3, 4], elsewhere: 0, steps: 1 })
})

it('zooms and moves by two fingers, and draws nothing then', () => {
  const { palm, finger, drawn, zooms, pans } = on
  palm('pointerdown', 10, 10)
  palm('pointermove', 12, 10)
  finger('pointerdown', 22, 10)
  finger('pointermove', 32, 10)
  finger('pointerup', 32, 10)
  palm('pointerup', 12, 10)
  expect([zooms, pans]).toEqual([[2], [{ x: 5, y: 0 }]])
  expect(drawn()).toEqual({ columns: [], elsewhere: 0, steps: 0 })
  finger('pointerdown', 2, 10)
  finger('pointermove', 3, 10)
  finger('pointerup', 3, 10)
  expect(drawn()).toEqual({ columns: [2, 3], elsewhere: 0, steps: 1 })
})

it('ends a stroke whose pointer is lost, and takes back one that is cancelled', () => {
  const { pen, mouse, stage, drawn } = on
  pen('pointerdown', 2, 10)
  pen('lostpointercapture', 2, 10)
  expect(stage.hands.dragging).toBe(false)
  pen('pointermove', 8, 10)
  mouse('pointerdown', 4, 10)
  mouse('pointermove', 5, 10)
  mouse('pointermove', 15, 10, { buttons: 0 })
  expect([drawn(), stage.hands.dragging]).toEqual([{ columns: [2, 4, 5], elsewhere: 0, steps: 2 }, false])
  pen('pointerdown', 20, 10)
  pen('pointercancel', 20, 10)
  expect(drawn()).toEqual({ columns: [2, 4, 5], elsewhere: 0, steps: 2 })
})

it('leaves a stroke that the keyboard draws where it is when the mouse is nudged', () => {
  const { editor, stage, mouse } = opened()
  stage.hands.byKeyboard = true
  editor.press({ x: 20.5, y: 15.5 })
  mouse('pointermove', 3, 2, { buttons: 0 })
  expect(stage.hands).toMatchObject({ cross: { x: 20, y: 15 }, byKeyboard: true })
  editor.release()
  mouse('pointermove', 3, 2, { buttons: 0 })
  expect(stage.hands).toMatchObject({ cross: { x: 3, y: 2 }, byKeyboard: false })
})
