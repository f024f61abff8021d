import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LabelClass } from '../image/raster'
import { annotationOf, depth, inTermsOf, labelOf, lockedOf } from './drawing'
import { Editor, type Tool } from './editor'
import { unknown, type Annotation, type Drawable, type Saved } from './drawable'

const [width, height] = [24, 18]

function picture(own: Partial<Drawable> = {}): Drawable {
  return {
    formerKey: '',
    id: 'k',
    name: 'image.png',
    width,
    height,
    pixels: Float32Array.from({ length: width * height }, (_, i) => ((i * 37) % 11) + Math.floor(i / 60)),
    spacing: null,
    sides: null,
    window: { center: 8, width: 16 },
    presets: [],
    fixed: 1,
    classes: [
      { name: 'Background', color: '#000000' },
      { name: 'Ring', color: '#e69f00' },
      { name: 'Cavity', color: '#56b4e9' },
    ],
    labels: Uint8Array.from({ length: width * height }, (_, i) => (i % 29 === 0 ? unknown : Math.floor(i / 50) % 3)),
    proposal: false,
    ...own,
  }
}

function editorOf(own: Partial<Drawable> = {}, saved: Saved | null = null) {
  const keeper = {
    saves: [] as Annotation[],
    forgotten: 0,
    save: (a: Annotation) => void keeper.saves.push(a),
    forget: () => void keeper.forgotten++,
  }
  const editor = new Editor(picture(own), saved, keeper)
  return { editor, keeper, now: () => editor.state.getState() }
}

const point = fc.record({ x: fc.double({ min: -3, max: width + 3, noNaN: true }), y: fc.double({ min: -3, max: height + 3, noNaN: true }) })
const place = fc.nat({ max: 5 })

type Edit = (editor: Editor) => void

/** The value of the n-th row of the list. */
const value = (editor: Editor, n: number) => {
  const { table } = editor.state.getState().drawing
  return table[n % table.length]!.value
}

const drawn = (tools: Tool[]) =>
  fc
    .tuple(fc.constantFrom(...tools), place, fc.array(point, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 9 }))
    .map(([tool, label, places, size]): Edit => (editor) => {
      editor.choose(tool)
      editor.activate(value(editor, label))
      editor.setSize(size)
      editor.press(places[0]!)
      editor.drag(places.slice(1))
      editor.release()
    })

const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: drawn(['brush', 'eraser', 'threshold', 'fill', 'flood', 'rectangle', 'ellipse']) },
  fc
    .tuple(fc.constantFrom<Tool>('polygon', 'livewire'), fc.array(point, { minLength: 3, maxLength: 6 }))
    .map(([tool, places]): Edit => (editor) => {
      editor.choose(tool)
      for (const at of places) {
        editor.hover(at)
        editor.press(at)
      }
      editor.closePolygon()
    }),
  fc.tuple(place, fc.constantFrom('median', 'closing'), fc.integer({ min: 1, max: 3 })).map(([n, how, radius]): Edit => (editor) => {
    editor.activate(value(editor, n))
    editor.setRadius(radius)
    editor.smooth(how)
  }),
  fc
    .array(fc.constantFrom(0, 1, 2, 3, unknown), { minLength: width * height, maxLength: width * height })
    .map((labels): Edit => (editor) => {
      const classes = ['Background', 'Cavity', 'Ring', 'Valve'].map((name) => ({ name, color: '#336699' }))
      editor.copyIn({ labels: Uint8Array.from(labels), classes })
    }),
  place.map((n): Edit => (editor) => {
    editor.activate(value(editor, n))
    editor.fillHoles()
  }),
  fc.constant<Edit>((editor) => editor.clear()),
  fc.constant<Edit>((editor) => editor.addLabel()),
  fc.tuple(place, fc.string({ maxLength: 50 })).map(
    ([n, name]): Edit =>
      (editor) =>
        editor.editLabel(value(editor, n), { name }),
  ),
  fc.tuple(place, fc.constantFrom('#ff0000', '#00ff00')).map(
    ([n, color]): Edit =>
      (editor) =>
        editor.editLabel(value(editor, n), { color }),
  ),
  fc.tuple(place, fc.boolean()).map(
    ([n, locked]): Edit =>
      (editor) =>
        editor.editLabel(value(editor, n), { locked }),
  ),
  place.map(
    (n): Edit =>
      (editor) =>
        editor.removeLabel(value(editor, n)),
  ),
)

const snapshot = ({ state }: Editor) => {
  const { drawing } = state.getState()
  return { labels: [...drawing.mask.labels], table: structuredClone(drawing.table), counts: [...drawing.counts] }
}

describe('history', () => {
  it('takes 200 random edits back to the first mask and table, and forth to the last', () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: depth, maxLength: depth }), (all) => {
        const { editor, now } = editorOf()
        const first = snapshot(editor)
        for (const edit of all) edit(editor)
        const last = snapshot(editor)
        const steps = now().drawing.past.length
        expect(steps).toBeGreaterThan(40)
        const { active } = now()
        for (let i = 0; i < steps; i++) editor.undo()
        expect(now().drawing.past).toHaveLength(0)
        expect(snapshot(editor)).toEqual(first)
        expect(now().active).toBe(active)
        for (let i = 0; i < steps; i++) editor.redo()
        expect(now().drawing.future).toHaveLength(0)
        expect(snapshot(editor)).toEqual(last)
        expect(now().active).toBe(active)
      }),
      { numRuns: 15 },
    )
  })

  it('goes back and forth through every state in between', () => {
    fc.assert(
      fc.property(fc.array(edits, { maxLength: 40 }), fc.array(fc.boolean(), { maxLength: 60 }), (all, ways) => {
        const { editor, now } = editorOf()
        const states = [snapshot(editor)]
        for (const edit of all) {
          const steps = now().drawing.past.length
          edit(editor)
          // An edit is one step, or none if it changes nothing.
          expect(now().drawing.past.length - steps).toBe(JSON.stringify(snapshot(editor)) === JSON.stringify(states.at(-1)) ? 0 : 1)
          if (now().drawing.past.length > steps) states.push(snapshot(editor))
        }
        let at = states.length - 1
        for (const back of ways) {
          if (back) editor.undo()
          else editor.redo()
          at = Math.min(states.length - 1, Math.max(0, at + (back ? -1 : 1)))
          expect(snapshot(editor)).toEqual(states[at])
        }
      }),
      { numRuns: 40 },
    )
  })

  it('keeps 200 steps, and forgets what was undone when something new is drawn', () => {
    const { editor, now } = editorOf()
    for (let i = 0; i < depth + 5; i++) editor.editLabel(1, { name: `Name ${i}` })
    expect(now().drawing.past).toHaveLength(depth)
    for (let i = 0; i < depth + 5; i++) editor.undo()
    expect(now().drawing.table[1]!.name).toBe('Name 4')
    expect(now().drawing.future).toHaveLength(depth)
    editor.addLabel()
    expect(now().drawing.future).toHaveLength(0)
  })

  it('makes one step of a stroke, and none of one that is cancelled', () => {
    const { editor, now } = editorOf()
    const first = snapshot(editor)
    editor.press({ x: 2, y: 2 })
    editor.drag([
      { x: 12, y: 9 },
      { x: 20, y: 3 },
    ])
    expect(snapshot(editor)).not.toEqual(first)
    expect(editor.cancel()).toBe(true)
    expect(snapshot(editor)).toEqual(first)
    expect(now().drawing.past).toHaveLength(0)
    editor.press({ x: 2, y: 2 })
    editor.drag([{ x: 12, y: 9 }])
    editor.release()
    expect(now().drawing.past).toHaveLength(1)
  })

  it('takes back the last point of a polygon before the last step', () => {
    const { editor, now } = editorOf()
    editor.choose('polygon')
    editor.press({ x: 1, y: 1 })
    editor.press({ x: 5, y: 1 })
    editor.undo()
    expect(now().points).toEqual([{ x: 1, y: 1 }])
    editor.closePolygon()
    expect(now().notice).toBe('A polygon needs at least three points.')
  })
})

describe('redo', () => {
  const corners = [
    { x: 2, y: 2 },
    { x: 10, y: 2 },
    { x: 10, y: 9 },
    { x: 3, y: 12 },
  ]

  it.each(['polygon', 'livewire'] as const)('gives back the points of a %s that undo took, and takes none itself', (tool) => {
    const { editor, now } = editorOf({ labels: new Uint8Array(width * height) })
    const outline = () => ({ points: now().points, wire: now().wire })
    editor.choose(tool)
    const outlines = [outline()]
    for (const corner of corners) {
      editor.press(corner)
      outlines.push(outline())
    }
    editor.redo()
    expect(outline()).toEqual(outlines[4])
    for (const left of [3, 2, 1, 0]) {
      editor.undo()
      expect(outline()).toEqual(outlines[left])
    }
    for (const there of [1, 2, 3, 4]) {
      editor.redo()
      expect(outline()).toEqual(outlines[there])
    }
    editor.undo()
    editor.undo()
    editor.dropLastPoint()
    editor.redo()
    expect(now().points).toEqual(corners.slice(0, 1))
    editor.undo()
    editor.press(corners[3]!)
    editor.redo()
    expect(now().points).toEqual(corners.slice(3))
  })

  it('repeats a step under a polygon that is being drawn, but none during a stroke', () => {
    const { editor, now } = editorOf({ labels: new Uint8Array(width * height) })
    editor.press({ x: 12, y: 9 })
    editor.release()
    const { labels } = editor.result()
    editor.undo()
    editor.choose('polygon')
    editor.press(corners[0]!)
    editor.redo()
    expect([now().points, editor.result().labels]).toEqual([[corners[0]], labels])
    editor.undo()
    editor.undo()
    editor.choose('brush')
    editor.press({ x: 12, y: 9 })
    editor.redo()
    expect(now().stroking).toBe(true)
    editor.release()
    expect([editor.result().labels, now().drawing.past.length]).toEqual([labels, 1])
  })
})

describe('the livewire', () => {
  const edge = picture({ pixels: Float32Array.from({ length: width * height }, (_, i) => Number(i % width >= 10) * 100) })
  const wired = () => {
    const opened = editorOf({ ...edge, labels: new Uint8Array(width * height) })
    opened.editor.choose('livewire')
    return opened
  }

  it('shows where it would go, and goes there when it is clicked', () => {
    const { editor, now } = wired()
    editor.press({ x: 10, y: 2 })
    editor.hover({ x: 10, y: 14 })
    const { lead } = now()
    expect(lead.map(({ x, y }) => [x, y])).toEqual(Array.from({ length: 13 }, (_, k) => [10, 2 + k]))
    editor.press({ x: 10, y: 14 })
    expect([now().wire, now().lead]).toEqual([lead, []])
    editor.hover(null)
    expect(now().lead).toEqual([])
  })

  it('loses its last click, and goes on from the one before', () => {
    const { editor, now } = wired()
    const places = [
      { x: 10, y: 2 },
      { x: 10, y: 9 },
      { x: 3, y: 9 },
    ]
    for (const at of places) editor.press(at)
    editor.undo()
    expect(now().points).toEqual(places.slice(0, 2))
    expect([now().wire[0], now().wire.at(-1)]).toEqual(places.slice(0, 2))
    editor.hover({ x: 10, y: 15 })
    expect(now().lead[0]).toEqual(places[1])
    expect(editor.cancel()).toBe(true)
    expect([now().points, now().wire, now().drawing.past]).toEqual([[], [], []])
  })

  it('needs two clicks to be closed', () => {
    const { editor, now } = wired()
    editor.press({ x: 10, y: 2 })
    editor.closePolygon()
    expect(now().notice).toBe('A livewire needs at least two clicks.')
  })
})

describe('the tolerance', () => {
  const ramp = { pixels: Float32Array.from({ length: width * height }, (_, i) => i % width), labels: new Uint8Array(width * height) }

  it('makes the last flood anew, in one step, until something follows it', () => {
    const { editor, now } = editorOf(ramp)
    editor.choose('flood')
    editor.setTolerance(2)
    editor.press({ x: 8.5, y: 3 })
    for (const tolerance of [4, 0, 3, 1]) {
      editor.setTolerance(tolerance)
      expect(now().drawing.counts[1]).toBe((2 * tolerance + 1) * height)
      expect(now().drawing.past).toHaveLength(1)
    }
    editor.undo()
    expect(now().drawing.counts[1]).toBe(0)
    editor.setTolerance(5)
    expect(now().drawing.counts[1]).toBe(0)
    editor.redo()
    expect(now().drawing.counts[1]).toBe(3 * height)
  })

  it('shows before what a flood would change', () => {
    const { editor, now } = editorOf(ramp)
    editor.choose('flood')
    editor.setTolerance(1)
    editor.hover({ x: 8.5, y: 3 })
    const { preview } = now()
    // Within the pixel nothing is flooded anew, in another it is, and by another tolerance.
    editor.hover({ x: 8.9, y: 3.2 })
    expect(now().preview).toBe(preview)
    editor.hover({ x: 9.1, y: 3.2 })
    expect(now().preview).not.toEqual(preview)
    editor.setTolerance(2)
    editor.hover({ x: 8.5, y: 3 })
    expect(now().preview!.box.width).toBeGreaterThan(preview!.box.width)
    editor.hover(null)
    expect(now().preview).toBeNull()
    editor.setTolerance(1)
    editor.hover({ x: 8.5, y: 3 })
    editor.press({ x: 8.5, y: 3 })
    expect(now().drawing.past.at(-1)!.patch).toEqual(preview)
    expect(now().preview).toBeNull()
  })
})

it('draws a shape from pixel to pixel as one step, and none that is cancelled or has no size', () => {
  const { editor, now } = editorOf({ labels: new Uint8Array(width * height) })
  editor.choose('rectangle')
  editor.press({ x: 3.5, y: 4.5 })
  editor.drag([
    { x: 5, y: 5 },
    { x: 8.5, y: 6.5 },
  ])
  expect(now()).toMatchObject({ stroking: true, shape: { from: { x: 3.5, y: 4.5 }, to: { x: 8.5, y: 6.5 } } })
  editor.release()
  expect([now().drawing.counts[1], now().drawing.past.length, now().shape]).toEqual([18, 1, null])
  editor.press({ x: 3.5, y: 4.5 })
  editor.drag([{ x: 12, y: 12 }])
  expect(editor.cancel()).toBe(true)
  editor.press({ x: 3.5, y: 4.5 })
  editor.release()
  expect(now().notice).toBe('Drag from one corner to the opposite one.')
  expect(now().drawing.past).toHaveLength(1)
})

it('takes settings and labels of another slice', () => {
  const { editor, now } = editorOf()
  const other = editorOf()
  other.editor.choose('livewire')
  other.editor.activate(2)
  other.editor.setRadius(4)
  other.editor.setWindow({ center: 3, width: 2 })
  other.editor.editLabel(2, { name: 'Lumen' })
  other.editor.addLabel()
  editor.adoptLabels(other.editor.result().classes)
  editor.adopt(other.now())
  expect(now()).toMatchObject({ tool: 'livewire', active: 3, radius: 4, window: { center: 3, width: 2 } })
  expect(editor.result().classes).toEqual(other.editor.result().classes)
  expect(editor.result().labels).toEqual(picture().labels)
  editor.undo()
  expect(editor.result().classes).toEqual(picture().classes)
})

it('takes the active label and the hidden ones of a slice from which a label was removed', () => {
  const [ground, ring] = picture().classes as [LabelClass, LabelClass]
  const slice = { classes: [ground, ring], labels: new Uint8Array(width * height) }
  const { editor, now } = editorOf(slice)
  const other = editorOf(slice)
  for (const name of ['Second', 'Third', 'Fourth']) {
    other.editor.addLabel()
    other.editor.editLabel(other.now().active, { name })
  }
  other.editor.removeLabel(1)
  other.editor.activate(2)
  other.editor.show(3, false)
  other.editor.show(unknown, false)
  const follow = () => {
    editor.adoptLabels(other.editor.result().classes)
    editor.adopt(other.now(), other.now().drawing)
  }
  const names = (values: Iterable<number>) => [...values].map((value) => labelOf(now().drawing, value)?.name)
  follow()
  expect([names([now().active]), names(now().hidden)]).toEqual([['Second'], ['Third', 'Unknown']])
  other.editor.activate(4)
  follow()
  expect(names([now().active])).toEqual(['Fourth'])
  // The label is gone from both: another has to be chosen.
  other.editor.removeLabel(4)
  follow()
  editor.press({ x: 3, y: 3 })
  expect([now().notice, now().drawing.counts[0]]).toEqual(['Choose a label to draw with.', width * height])
})

it('shows a label that is added in place of a hidden one', () => {
  const { editor, now } = editorOf({ labels: new Uint8Array(width * height) })
  editor.show(1, false)
  editor.show(2, false)
  editor.removeLabel(1)
  editor.addLabel()
  expect([now().active, [...now().hidden]]).toEqual([1, [2]])
})

describe('locks', () => {
  it('keep the pixels of locked labels from leaving and from joining', () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: 60, maxLength: 60 }), (all) => {
        const { editor, now } = editorOf()
        for (const edit of all) {
          const locked = lockedOf(now().drawing)
          const { labels } = now().drawing.mask
          const before = labels.slice()
          edit(editor)
          const moved = [...before].flatMap((label, i) => (label === labels[i] ? [] : [label, labels[i]!]))
          expect([...new Set(moved)].filter((label) => locked.has(label))).toEqual([])
        }
      }),
      { numRuns: 40 },
    )
  })

  it('stay when the labels of another slice are taken over, and when what was restored is discarded', () => {
    const saved = { labels: new Uint8Array(width * height).fill(1), classes: picture().classes, savedAt: 99 }
    const { editor, now } = editorOf({}, saved)
    const locked = () => now().drawing.table.flatMap((label) => (label.locked ? label.name : []))
    for (const label of [2, unknown]) editor.editLabel(label, { locked: true })
    const [ground, ring, cavity] = picture().classes as [LabelClass, LabelClass, LabelClass]
    const valve = { name: 'Valve', color: '#336699' }
    editor.adoptLabels([ground, cavity, { ...ring, color: '#112233' }, valve])
    expect(locked()).toEqual(['Cavity', 'Unknown'])
    editor.adoptLabels([ground, { ...cavity, name: 'Lumen' }, ring, valve])
    expect(locked()).toEqual(['Lumen', 'Unknown'])
    editor.editLabel(1, { name: 'Cavity' })
    editor.discardRestored()
    expect(locked()).toEqual(['Cavity', 'Unknown'])
    editor.editLabel(unknown, { locked: false })
    expect(locked()).toEqual(['Cavity'])
    expect(
      editorOf()
        .now()
        .drawing.table.some((label) => label.locked),
    ).toBe(false)
  })

  it('say why nothing is drawn', () => {
    const { editor, now } = editorOf()
    editor.editLabel(1, { locked: true })
    editor.press({ x: 3, y: 3 })
    expect(now().notice).toBe('Ring is locked: unlock it to draw with it.')
  })
})

describe('labels', () => {
  it('go only when they have no pixels, and leave no gap in what comes out', () => {
    const { editor, now } = editorOf()
    editor.removeLabel(1)
    expect(now().drawing.table.map(({ name }) => name)).toEqual(['Background', 'Ring', 'Cavity', 'Unknown'])
    const before = now().drawing.mask.labels.slice()
    editor.choose('eraser')
    editor.setSize(100)
    // Ring becomes background: everything else is locked meanwhile.
    for (const other of [2, unknown]) editor.editLabel(other, { locked: true })
    editor.press({ x: 12, y: 9 })
    editor.release()
    editor.removeLabel(1)
    const { labels, classes } = editor.result()
    expect(classes.map(({ name }) => name)).toEqual(['Background', 'Cavity'])
    expect([...labels]).toEqual([...before].map((label) => ({ 0: 0, 1: 0, 2: 1, 255: 255 })[label]))
  })

  it('cannot be background or unknown when removed', () => {
    const { editor, now } = editorOf({ labels: new Uint8Array(width * height).fill(1) })
    editor.removeLabel(0)
    editor.removeLabel(unknown)
    expect(now().drawing.table).toHaveLength(4)
  })

  it('need pixels before the drawing can be used', () => {
    const { editor, now } = editorOf({ labels: new Uint8Array(width * height).fill(unknown) })
    expect(Editor.missing(now())).toBe('Draw at least one label first.')
    editor.press({ x: 3, y: 3 })
    editor.release()
    expect(Editor.missing(now())).toBeNull()
  })

  it('begin with one where the picture has only background', () => {
    const { editor, now } = editorOf({ classes: [{ name: 'Background', color: '#000000' }], labels: new Uint8Array(width * height) })
    expect(now().active).toBe(1)
    expect(now().drawing.past).toHaveLength(0)
    editor.press({ x: 3, y: 3 })
    editor.release()
    expect(editor.result().classes).toHaveLength(2)
  })

  it('refuses a map that names no class', () => {
    expect(() => editorOf({ labels: new Uint8Array(width * height).fill(3) })).toThrow('Label 3 names none of 3 classes.')
    expect(() => editorOf({ labels: new Uint8Array(5) })).toThrow('5 labels do not fill 24 x 18 pixels.')
  })
})

describe('what was saved', () => {
  const saved: Saved = { labels: new Uint8Array(width * height).fill(1), classes: [...picture().classes.slice(0, 2)], savedAt: 99 }

  it('is shown, one undo away from what came, and can be discarded', () => {
    const { editor, keeper, now } = editorOf({}, saved)
    expect(now().restored).toBe(99)
    expect(editor.result()).toEqual({ labels: saved.labels, classes: saved.classes })
    editor.undo()
    expect(editor.result().labels).toEqual(picture().labels)
    expect(keeper.forgotten).toBe(1)
    editor.redo()
    expect(keeper.saves).toEqual([{ labels: saved.labels, classes: saved.classes }])
    editor.discardRestored()
    expect(editor.result()).toEqual({ labels: picture().labels, classes: picture().classes })
    expect([keeper.forgotten, now().restored]).toEqual([2, null])
    editor.undo()
    expect(editor.result().labels).toEqual(saved.labels)
  })

  it('keeps its classes where the list in use has another order by now, or another name', () => {
    const [ground, ring, cavity] = picture().classes as [Saved['classes'][0], Saved['classes'][0], Saved['classes'][0]]
    const labels = Uint8Array.from({ length: width * height }, (_, i) => (i % 5 === 4 ? unknown : i % 4))
    const wall = { name: 'Wall', color: '#123456' }
    const swapped = editorOf({ fixed: 3 }, { labels, classes: [ground, cavity, ring, wall], savedAt: 99 }).editor.result()
    expect(swapped.classes).toEqual([ground, ring, cavity, wall])
    expect(swapped.labels).toEqual(labels.map((l) => ({ 1: 2, 2: 1 })[l] ?? l))
    const renamed = editorOf({ fixed: 3 }, { labels: labels.map((l) => (l === 3 ? 0 : l)), classes: [ground, wall, cavity], savedAt: 99 })
    expect(renamed.editor.result()).toEqual({ labels: labels.map((l) => (l === 3 ? 0 : l)), classes: [ground, ring, cavity] })
  })

  it('is not announced where it equals what came', () => {
    const { labels, classes } = picture()
    const { now } = editorOf({}, { labels: labels.slice() as Saved['labels'], classes, savedAt: 99 })
    expect([now().restored, now().drawing.past.length]).toEqual([null, 0])
  })

  it('is the newest state after every edit, undo and redo', () => {
    const { editor, keeper, now } = editorOf()
    editor.press({ x: 3, y: 3 })
    expect(keeper.saves).toHaveLength(0)
    editor.release()
    editor.editLabel(1, { name: 'Heart' })
    editor.undo()
    editor.redo()
    expect(keeper.saves).toHaveLength(4)
    expect(keeper.saves.at(-1)).toEqual(annotationOf(now().drawing))
  })

  it('is nothing where nobody has drawn, or where all of it was taken back', () => {
    const { editor, keeper } = editorOf()
    const renamed = picture().classes.map((label) => ({ ...label, name: `Another ${label.name}` }))
    editor.adoptLabels(renamed)
    editor.undo()
    editor.redo()
    expect([keeper.saves.length, keeper.forgotten]).toEqual([0, 0])
    editor.press({ x: 3, y: 3 })
    editor.release()
    expect([keeper.saves.length, keeper.forgotten]).toEqual([1, 0])
    editor.undo()
    expect([keeper.saves.length, keeper.forgotten]).toEqual([1, 1])
    editor.redo()
    expect([keeper.saves.length, keeper.forgotten]).toEqual([2, 1])
    editor.adoptLabels(picture().classes)
    expect(keeper.saves).toHaveLength(3)
  })

  it('stays when what was drawn on top of it is taken back, but not when it is discarded', () => {
    const stroke = ({ editor }: ReturnType<typeof editorOf>) => {
      editor.choose('eraser')
      editor.press({ x: 3, y: 3 })
      editor.release()
    }
    const { labels, classes } = picture()
    for (const kept of [saved, { labels: labels.slice() as Saved['labels'], classes, savedAt: 99 }]) {
      const opened = editorOf({}, kept)
      stroke(opened)
      opened.editor.undo()
      expect(opened.keeper.saves.at(-1)).toEqual({ labels: kept.labels, classes: kept.classes })
      expect(opened.keeper.forgotten).toBe(0)
    }
    const discarded = editorOf({}, saved)
    discarded.editor.discardRestored()
    discarded.editor.adoptLabels(saved.classes)
    expect([discarded.keeper.saves.length, discarded.keeper.forgotten]).toEqual([0, 1])
  })

  it('is kept where there are more steps than can be undone', () => {
    const { editor, keeper } = editorOf()
    for (let i = 0; i < depth + 5; i++) editor.editLabel(1, { name: `Name ${i}` })
    for (let i = 0; i < depth; i++) editor.undo()
    expect([keeper.saves.at(-1)!.classes[1]!.name, keeper.forgotten]).toEqual(['Name 4', 0])
  })
})

it('tells where labels changed, and nothing changed elsewhere', () => {
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 30 }), (all) => {
      const { editor, now } = editorOf()
      const seen = now().drawing.mask.labels.slice()
      editor.listen((box) => {
        if (!box) return seen.set(now().drawing.mask.labels)
        for (let y = box.y; y < box.y + box.height; y++)
          for (let x = box.x; x < box.x + box.width; x++) seen[y * width + x] = now().drawing.mask.labels[y * width + x]!
      })
      for (const edit of all) edit(editor)
      for (let i = 0; i < 10; i++) editor.undo()
      expect(seen).toEqual(now().drawing.mask.labels)
    }),
    { numRuns: 30 },
  )
})

it('takes the range of the threshold brush from the first click, or leaves it as set', () => {
  const pixels = new Float32Array(width * height).fill(50)
  const { editor, now } = editorOf({ pixels, labels: new Uint8Array(width * height) })
  editor.choose('threshold')
  editor.set({ rangeFromClick: false, range: { low: 0, high: 10 } })
  editor.press({ x: 5, y: 5 })
  editor.release()
  expect(now().notice).toBe('No pixel here is within 0 to 10.')
  editor.set({ rangeFromClick: true })
  editor.press({ x: 5, y: 5 })
  editor.release()
  expect(now().range.low).toBeLessThan(50)
  expect(now().range.high).toBeGreaterThan(50)
  expect(now().drawing.counts[1]).toBeGreaterThan(0)
})

it('takes labels of one name from another slice as several labels', () => {
  const [ground, ring] = picture().classes as [LabelClass, LabelClass]
  const labels = Uint8Array.of(0, 1, 2)
  const twice = { labels, classes: [ground, ring, { ...ring, color: '#112233' }] }
  expect(inTermsOf(twice, twice.classes)).toEqual(twice)
  const cavity = { name: 'Cavity', color: '#56b4e9' }
  expect(inTermsOf(twice, [ground, cavity, ring, ring]).labels).toEqual(Uint8Array.of(0, 3, 2))
  expect(inTermsOf(twice, [ground, ring])).toEqual(twice)
})

it('takes a label of another slice as unknown where there is no room for it', () => {
  const classes = Array.from({ length: 255 }, (_, n) => ({ name: `Class ${n}`, color: '#336699' }))
  const { editor, now } = editorOf({ classes, labels: new Uint8Array(width * height).fill(1) })
  const { table } = now().drawing
  const given = [classes[0]!, classes[2]!, { name: 'Other', color: '#336699' }, { name: 'Another', color: '#336699' }]
  editor.copyIn({ labels: Uint8Array.from({ length: width * height }, (_, i) => i % 4), classes: given })
  expect([...now().drawing.mask.labels.subarray(0, 4)]).toEqual([0, 2, unknown, 3])
  expect(now().drawing.table).toEqual(table)
  expect(now().drawing.counts.reduce((sum, n) => sum + n)).toBe(width * height)
})
