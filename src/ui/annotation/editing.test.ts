import { afterEach, expect, it, vi } from 'vitest'
import { unknown, type Drawable } from '../../drawing/drawable'
import { setDrafts } from '../../store/drafts'
import type { Row } from '../../store/stored-drawings'
import type { Slice } from '../../store/stack'
import type { PictureId } from '../../worker/protocol'
import { Editing } from './editing'

const { rows } = vi.hoisted(() => ({ rows: new Map<string, Row>() }))
vi.mock('../../store/stored-drawings', async (original) => ({
  ...(await original<object>()),
  browserShelf: {
    read: (key: string) => Promise.resolve(rows.get(key)),
    write: (row: Row) => Promise.resolve(void rows.set(row.key, row)),
    remove: (key: string) => Promise.resolve(void rows.delete(key)),
  },
}))

const [width, height] = [8, 6]
const ids = ['v/2/0/0', 'v/2/1/0', 'v/2/2/0'] as const satisfies PictureId[]

/** Something that settles after what was asked before has been stored. */
const stored = () => new Promise((resolve) => setTimeout(resolve))

/** A volume of three slices, its first one shown. @param labels of every slice, a prediction unless it is background */
async function opened(labels = new Uint8Array(width * height)) {
  const picture = (id: string): Drawable => ({
    ...{ id, formerKey: '', name: id, width, height, pixels: new Float32Array(width * height), spacing: null, sides: null, presets: [] },
    ...{ window: { center: 8, width: 16 }, fixed: 1, labels: labels.slice(), proposal: labels.some((label) => label > 0) },
    classes: ['Background', 'Ring'].map((name) => ({ name, color: '#336699' })),
  })
  const stack = ids.map((id, slice): Slice => ({ id, name: id, slice, annotated: false, inUse: true }))
  const editing = new Editing(stack, { view: null, shown: null }, (id) => Promise.resolve(picture(id)))
  await editing.show(picture(ids[0]))
  const editor = () => editing.state.getState().editor!
  const stroke = (x: number) => {
    editor().setSize(1)
    editor().press({ x, y: 1.5 })
    editor().release()
  }
  const drawn = async () => (await editing.drawings()).drawings.map(({ picture: id }) => id)
  return { editing, editor, stroke, drawn }
}

afterEach(() => {
  rows.clear()
  setDrafts([])
})

it('does not count a prediction as drawn that was only looked at', async () => {
  const { editing, editor, drawn } = await opened(new Uint8Array(width * height).fill(1))
  await editing.turnTo(1)
  await editing.turnTo(0)
  editor().editLabel(1, { name: 'Wall' })
  await editing.turnTo(1)
  await editing.turnTo(0)
  expect(await drawn()).toEqual([ids[0]])
  await stored()
  expect([...rows.keys()]).toEqual([ids[0]])
})

it('does not count a slice as drawn whose only stroke was taken back', async () => {
  const { editing, editor, stroke, drawn } = await opened()
  stroke(3.5)
  expect(await drawn()).toEqual([ids[0]])
  editing.undo()
  await editing.turnTo(1)
  expect([await drawn(), editing.stack.filter(editing.isDrawn)]).toEqual([[], []])
  await editing.turnTo(0)
  editor().redo()
  await editing.turnTo(1)
  expect(await drawn()).toEqual([ids[0]])
})

it('gives back what was kept of a slice when its interpolation is undone', async () => {
  const { editing, editor, stroke } = await opened()
  stroke(3.5)
  await editing.turnTo(1)
  editor().activate(unknown)
  stroke(6.5)
  await editing.turnTo(2)
  editor().activate(1)
  stroke(3.5)
  await stored()
  const marked = rows.get(ids[1])!
  await editing.interpolate()
  await stored()
  expect(rows.get(ids[1])!.labels).not.toEqual(marked.labels)
  editing.undo()
  await stored()
  expect(rows.get(ids[1])!.labels).toEqual(marked.labels)
  await editing.turnTo(1)
  editing.undo()
  expect(editor().result().labels, 'it has its history').toEqual(new Uint8Array(width * height))
})

it('undoes no other step where an interpolation has changed nothing of the slice shown', async () => {
  const { editing, editor, stroke } = await opened()
  stroke(0.5)
  await editing.turnTo(2)
  stroke(7.5)
  await editing.turnTo(1)
  editor().editLabel(1, { name: 'Wall' })
  // Shapes far from each other have nothing between them.
  await editing.interpolate()
  editing.undo()
  expect(editor().state.getState().drawing.table[1]!.name).toBe('Wall')
})
