import type { Tool } from '../../drawing/editor'

export interface ToolRow {
  tool: Tool
  name: string
  /** The key to press, as printed on it. */
  key: string
  /** What it does, in one or two sentences. */
  hint: string
  /** A line drawing in a 20 x 20 box. */
  icon: string
}

/** Buttons, keys and the sheet of shortcuts read this table. */
export const tools: readonly ToolRow[] = [
  {
    tool: 'brush',
    name: 'Brush',
    key: 'B',
    hint: 'Paints the active label.',
    icon: 'M16.5 3.5 9 11M9 11c-2.5-.5-4 1-4 3 0 1.500-1 2-2 2.500 3 1 7.500.5 8-2.500.2-1.500-.7-2.700-2-3z',
  },
  {
    tool: 'eraser',
    name: 'Eraser',
    key: 'E',
    hint: 'Paints background.',
    icon: 'M7 16.500h10M3.500 12.500l7.500-8 5.500 5-6.500 7H7z M7.500 8.200l5.500 5',
  },
  {
    tool: 'polygon',
    name: 'Polygon',
    key: 'P',
    hint: 'Each click is a corner. Enter or a click on the first one closes, Backspace removes the last, Escape cancels.',
    icon: 'M4 7.500 11 3l5.500 6.500-3 7H5.500z',
  },
  {
    tool: 'livewire',
    name: 'Livewire',
    key: 'L',
    hint: 'Follows edges from click to click. Enter or a click on the first one closes, Backspace removes the last, Escape cancels.',
    icon: 'M4.500 15.500c-1-3 3-4 2.500-7s2-4.500 4-3.500 1 4 3.500 4.500M3 15.500h3v2H3zM13.500 8.500h3v2h-3z',
  },
  {
    tool: 'rectangle',
    name: 'Rectangle',
    key: 'R',
    hint: 'Drag from one corner to the opposite one.',
    icon: 'M3.500 5h13v10h-13z',
  },
  {
    tool: 'ellipse',
    name: 'Ellipse',
    key: 'O',
    hint: 'Drag from one corner of the rectangle around it to the opposite one.',
    icon: 'M10 4.500c4 0 7 2.500 7 5.500s-3 5.500-7 5.500-7-2.500-7-5.500 3-5.500 7-5.500z',
  },
  {
    tool: 'fill',
    name: 'Fill',
    key: 'F',
    hint: 'Changes the connected region under the pointer to the active label.',
    icon: 'M8 3.500 15.500 11 9 16.500 3 10.500zM4 10h10.500M17.200 13.500c1 1.500 1 2.800 0 3-1-.2-1-1.500 0-3z',
  },
  {
    tool: 'threshold',
    name: 'Threshold brush',
    key: 'T',
    hint: 'Paints only the pixels whose value lies in a range.',
    icon: 'M3 16.500h14M3 12.500h3l2-7 3 9 2-5h4',
  },
  {
    tool: 'flood',
    name: 'Flood',
    key: 'G',
    hint: 'Changes connected pixels of similar value to the active label. Another tolerance makes the last flood anew.',
    icon: 'M10 3c3 4 5 6.500 5 9a5 5 0 0 1-10 0c0-2.500 2-5 5-9zM8 13a2 2 0 0 0 2 2',
  },
  {
    tool: 'window',
    name: 'Window/level',
    key: 'W',
    hint: 'Drag sideways for contrast, up and down for brightness; the right button does the same with every tool.',
    icon: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 3v14M10 6h4.500M10 10h7M10 14h4.500',
  },
  {
    tool: 'hand',
    name: 'Hand',
    key: 'H',
    hint: 'Drag or use the arrow keys to move the image.',
    icon: 'M6 10V5.500a1.200 1.200 0 0 1 2.400 0V9 4a1.200 1.200 0 0 1 2.400 0v5-4.200a1.200 1.200 0 0 1 2.400 0V10 7a1.200 1.200 0 0 1 2.400 0v5c0 3-2 5-5 5-2.500 0-3.500-1-5-3.500L3.500 10.500c.8-1 1.800-.8 2.500.5z',
  },
]

export const rowOf = (tool: Tool): ToolRow => tools.find((row) => row.tool === tool)!

/** What works besides the tools. */
export const otherKeys: readonly (readonly [keys: string, does: string])[] = [
  ['1 – 9', 'choose a label'],
  ['U', 'choose the unknown label'],
  ['[ and ]', 'smaller and larger brush; also Shift and the wheel; for a flood, tolerance'],
  ['V', 'show and hide all labels'],
  ['M', 'smooth the active label'],
  ['C', 'close its gaps'],
  [', and .', 'previous and next slice; also Page Up and Page Down'],
  ['< and >', 'copy from the nearest drawn slice before and after'],
  ['I', 'interpolate between drawn slices'],
  ['+ and −', 'zoom; also the wheel'],
  ['0', 'fit the image'],
  ['Space and drag', 'move the image; also the middle button'],
  ['Right button and drag', 'contrast and brightness'],
  ['Ctrl Z', 'undo'],
  ['Ctrl Shift Z, Ctrl Y', 'redo'],
  ['Ctrl S', 'save what is drawn as a file'],
  ['Escape', 'cancel the stroke, shape or polygon, otherwise close'],
  ['?', 'this sheet'],
]

export const canvasKeys: readonly (readonly [keys: string, does: string])[] = [
  ['Arrows', 'move the cross-hair by one pixel, with Shift by ten'],
  ['Space or Enter', 'start and end a stroke or shape; fill; set a corner (Space)'],
  ['Enter', 'close the polygon or livewire'],
  ['Backspace', 'remove its last corner'],
]
