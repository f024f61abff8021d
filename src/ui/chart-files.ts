/** A chart as files: its numbers, and its picture as it is seen. */
import { csvOf } from '../lib/csv'
import { allOf, type ChartName } from '../store/curves'
import type { ExportedFile } from '../worker/protocol'
import type { Line } from './chart-props'

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** Every value of a chart's lines as it came, then, where the chart smooths, the same smoothed. */
export function csvFile(name: string, chart: ChartName, lines: readonly Line[]): ExportedFile {
  const { rows, smoothed } = allOf(chart)
  const soft = lines.filter(({ key }) => smoothed[key])
  const nameOf = ({ label, written = label }: Line) => written
  const head = ['step', ...lines.map(nameOf), ...soft.map((line) => `${nameOf(line)} smoothed`)]
  const table = rows.map((row, i) => [
    row.step,
    ...lines.map(({ key }) => row[key as keyof typeof row]),
    ...soft.map(({ key }) => smoothed[key]![i]),
  ])
  return { name: `${name}.csv`, bytes: bytesOf(csvOf([head, ...table])) }
}

/** What decides how an element of a chart looks. */
const properties = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'font-size',
  'font-family',
  'text-anchor',
  'paint-order',
] as const

const isGroup = (element: Element) => ['svg', 'g', 'defs', 'clipPath'].includes(element.tagName)

/** The picture with its colours written out, since a file has not the page's variables. */
export function svgFile(name: string, svg: SVGSVGElement): ExportedFile {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const [from, to] = [[...svg.querySelectorAll('*')], [...copy.querySelectorAll('*')]]
  from.forEach((element, i) => {
    if (isGroup(element)) return
    const style = getComputedStyle(element)
    for (const property of properties) to[i]!.setAttribute(property, style.getPropertyValue(property))
    to[i]!.removeAttribute('class')
  })
  const ground = document.createElementNS(svg.namespaceURI, 'rect')
  ground.setAttribute('width', '100%')
  ground.setAttribute('height', '100%')
  ground.setAttribute('fill', groundOf(svg))
  copy.prepend(ground)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.removeAttribute('style')
  copy.removeAttribute('class')
  return { name: `${name}.svg`, bytes: bytesOf(new XMLSerializer().serializeToString(copy)) }
}

const groundOf = (svg: SVGSVGElement) => {
  const probe = svg.closest('dialog, .panel') ?? document.body
  return getComputedStyle(probe).backgroundColor
}

/** Pixels of a picture for one of the page's. */
const sharp = 3

/** The same as pixels, drawn here from the picture's elements: the page's policy allows no image but its own files. */
export async function pngFile(name: string, svg: SVGSVGElement): Promise<ExportedFile> {
  const { width, height, left, top } = svg.getBoundingClientRect()
  const canvas = new OffscreenCanvas(Math.round(width * sharp), Math.round(height * sharp))
  const context = canvas.getContext('2d')!
  context.scale(sharp, sharp)
  context.fillStyle = groundOf(svg)
  context.fillRect(0, 0, width, height)
  const plot = svg.querySelector('clipPath rect')
  for (const element of svg.querySelectorAll<SVGGeometryElement | SVGTextElement>('path, line, circle, rect, text')) {
    if (element.closest('defs')) continue
    context.save()
    if (plot && element.closest('[clip-path]')) {
      const of = (key: string) => Number(plot.getAttribute(key))
      context.beginPath()
      context.rect(of('x'), of('y'), of('width'), of('height'))
      context.clip()
    }
    draw(context, element, { left, top })
    context.restore()
  }
  const blob = await canvas.convertToBlob({ type: 'image/png' })
  return { name: `${name}.png`, bytes: new Uint8Array(await blob.arrayBuffer()) }
}

function draw(
  context: OffscreenCanvasRenderingContext2D,
  element: SVGGeometryElement | SVGTextElement,
  { left, top }: { left: number; top: number },
): void {
  const style = getComputedStyle(element)
  if (element instanceof SVGTextElement) {
    const at = element.getBoundingClientRect()
    context.font = `${style.fontSize} ${style.fontFamily}`
    context.fillStyle = style.fill
    context.textBaseline = 'middle'
    context.textAlign = 'center'
    context.fillText(element.textContent ?? '', at.left - left + at.width / 2, at.top - top + at.height / 2)
    return
  }
  const path = pathOf(element)
  if (style.fill !== 'none') {
    context.globalAlpha = Number(style.fillOpacity)
    context.fillStyle = style.fill
    context.fill(path)
  }
  if (style.stroke === 'none') return
  context.globalAlpha = Number(style.strokeOpacity)
  context.strokeStyle = style.stroke
  context.lineWidth = parseFloat(style.strokeWidth)
  context.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat))
  context.stroke(path)
}

function pathOf(element: SVGGeometryElement): Path2D {
  if (element instanceof SVGPathElement) return new Path2D(element.getAttribute('d') ?? '')
  const path = new Path2D()
  const of = (key: string) => Number(element.getAttribute(key))
  if (element instanceof SVGLineElement) {
    path.moveTo(of('x1'), of('y1'))
    path.lineTo(of('x2'), of('y2'))
  } else if (element instanceof SVGCircleElement) path.arc(of('cx'), of('cy'), of('r'), 0, 2 * Math.PI)
  else path.rect(of('x'), of('y'), of('width'), of('height'))
  return path
}
