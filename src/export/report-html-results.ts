/** What a report shows of images: pictures of them, and how much of each class their masks hold. */
import { tidy } from '../lib/round-numbers'
import type { ReportedExemplar, ReportedImage, ReportedPicture, RunFacts } from './finished-run'
import { count, dice, escape, named, percent, scroll, section, swatch } from './report-html-page'
import { pictureSvg } from './report-html-picture'

type Classes = RunFacts['classes']

/** A report of a thousand pictures would open slowly and nobody would look at it: only the most doubtful are shown. */
const maxPictures = 60

/** What a mask shows, for who does not see it. */
const shownIn = (labels: Uint8Array, classes: Classes) =>
  [...new Set(labels)]
    .filter((index) => index > 0)
    .sort((a, b) => a - b)
    .map((index) => classes[index]?.name ?? String(index))
    .join(', ') || 'nothing'

/** A picture with its mask outlined, and beside it the true one where that is known. */
function figure(picture: ReportedPicture, truth: Uint8Array | null, facts: readonly string[], classes: Classes, colors: string[]): string {
  const { grey, size, name } = picture
  const svg = (labels: Uint8Array, what: string) =>
    pictureSvg(grey, labels, size, colors, escape(`${name}, ${what}: ${shownIn(labels, classes)}`))
  const lines = facts.map((fact) => `<small>${fact}</small>`).join('')
  const caption = `<figcaption>${named(name)}${lines}</figcaption>`
  if (!truth) return `<figure>${svg(picture.labels, 'outlined')}${caption}</figure>`
  const beside = (labels: Uint8Array, what: string) => `<div>${svg(labels, what)}<small>${what}</small></div>`
  return `<figure class="pair"><div class="sides">${beside(picture.labels, 'predicted')}${beside(truth, 'true')}</div>${caption}</figure>`
}

function gallery(heading: string, about: string, figures: readonly string[], classes: Classes, colors: string[]): string {
  const legend = classes.map(({ name }, index) => (index === 0 ? '' : `<li>${swatch(colors[index]!)}${named(name)}</li>`))
  return section(
    heading,
    `<p class="quiet">${about}</p><ul class="legend">${legend.join('')}</ul><div class="pictures">${figures.join('\n')}</div>`,
  )
}

/** Where the mask of an exemplar comes from, and since when it teaches. */
function originOf({ from, since }: Pick<ReportedExemplar, 'from' | 'since'>): string {
  if (since > 0) return `${from === 'drawing' ? 'corrected by hand' : 'mask from a file'}, exemplar since step ${count(since)}`
  return `${from === 'drawing' ? 'drawn by hand' : 'mask from a file'}, exemplar from the start`
}

/** The annotated images. */
export function exemplarPictures(exemplars: readonly ReportedExemplar[], classes: Classes, colors: string[]): string {
  if (exemplars.length === 0) return ''
  const figures = exemplars.map((exemplar) => figure(exemplar, null, [originOf(exemplar)], classes, colors))
  return gallery(
    exemplars.length === 1 ? 'Exemplar' : 'Exemplars',
    'What was learnt from with its mask, as the networks see it. These masks are the user’s, not predictions.',
    figures,
    classes,
    colors,
  )
}

/** Masks that the networks made, the most doubtful first. */
export function predictedPictures(predicted: readonly ReportedImage[], classes: Classes, colors: string[]): string {
  if (predicted.length === 0) return ''
  const shown = predicted.slice(0, maxPictures)
  const figures = shown.map((image) => {
    const facts = [`${percent(image.disagreement)} disagreement`]
    if (image.further) facts.push('not learnt from')
    if (image.dice !== null) facts.push(`Dice ${dice(image.dice)}`)
    return figure(image, image.truth?.labels ?? null, facts, classes, colors)
  })
  const order = predicted.length > shown.length ? `The ${maxPictures} most doubtful of ${count(predicted.length)}` : 'The most doubtful'
  const about = `${order} first. Disagreement is the share of pixels that either network calls foreground on which they differ: a sign of doubt, not of error. Two networks can agree and be wrong.`
  return gallery('Predictions', about, figures, classes, colors)
}

/** Square millimetres, with one decimal if small. */
const square = (area: number) => (area < 100 ? area.toFixed(1) : count(Math.round(area)))

/** Three significant figures, and all before the decimal point. */
const millilitres = (v: number) => (v >= 100 ? count(Math.round(v)) : String(tidy(v, 3)))

/** What an image says of itself after its name, where its mask is not a prediction, or it was not learnt from. */
const marksOf = (drawn: string, further: boolean) =>
  `${drawn && ` <small>${drawn}</small>`}${further ? ' <small>not learnt from</small>' : ''}`

/** A table with a row for each name and numbers in all other columns. */
function numbers(
  heading: string,
  about: string,
  first: string,
  heads: readonly string[],
  rows: readonly { head: string; cells: string[] }[],
) {
  const line = ({ head, cells }: (typeof rows)[number]) =>
    `<tr><th scope="row">${head}</th>${cells.map((cell) => `<td class="number">${cell}</td>`).join('')}</tr>`
  return section(
    heading,
    `<p class="quiet">${about}</p>` +
      scroll(
        heading,
        'names-wrap',
        `<table><thead><tr><th scope="col">${first}</th>${heads.map((head) => `<th scope="col" class="number">${head}</th>`).join('')}</tr></thead>` +
          `<tbody>${rows.map(line).join('\n')}</tbody></table>`,
      ),
  )
}

const withTruth = (own: string, truth: string | null) => own + (truth === null ? '' : `<br><small>true ${truth}</small>`)

/** Millilitres of each class in every volume and series. */
export function volumesTable(images: readonly ReportedImage[], classes: Classes): string {
  const volumes = new Map<string, { name: string; slices: ReportedImage[] }>()
  for (const image of images) {
    if (!image.volume || !image.pixelMm2) continue
    const { id, name } = image.volume
    volumes.set(id, { name, slices: [...(volumes.get(id)?.slices ?? []), image] })
  }
  if (volumes.size === 0) return ''
  const structures = classes.map(({ name }, index) => ({ name, index })).slice(1)
  const rows = [...volumes.values()].map(({ name, slices }) => {
    const content = (pixelsIn: (slice: ReportedImage) => number) =>
      millilitres(slices.reduce((sum, slice) => sum + (pixelsIn(slice) * slice.pixelMm2! * slice.volume!.thickness) / 1000, 0))
    const known = slices.every(({ truth }) => truth !== null)
    const drawn = slices.filter((slice) => slice.drawn).length
    const says = drawn === slices.length ? 'yours, not predicted' : drawn > 0 ? `${count(drawn)} yours` : ''
    return {
      head:
        named(name) +
        marksOf(
          says,
          slices.some(({ further }) => further),
        ),
      cells: [
        count(slices.length),
        ...structures.map(({ index }) =>
          withTruth(
            content(({ pixels }) => pixels[index] ?? 0),
            known ? content(({ truth }) => truth?.pixels[index] ?? 0) : null,
          ),
        ),
      ],
    }
  })
  return numbers(
    'Every volume',
    'Millilitres of each structure: the pixels of all slices in use, times their size and the distance from one to the next. Masks that are yours count as they are.',
    'Volume',
    ['Slices', ...structures.map(({ name }) => `${named(name)}<br>mL`)],
    rows,
  )
}

/** Every image with its numbers. @param images the most doubtful first */
export function imagesTable(images: readonly ReportedImage[], classes: Classes): string {
  if (images.length === 0) return ''
  const structures = classes.map(({ name }, index) => ({ name, index })).slice(1)
  const inMm = images.some(({ pixelMm2 }) => pixelMm2)
  const rows = images.map(({ name, drawn, further, disagreement, dice: score, pixels, pixelMm2, truth }) => {
    const sizeOf = (n: number) => count(n) + (pixelMm2 ? ` · ${square(n * pixelMm2)}` : '')
    const sizes = structures.map(({ index }) => withTruth(sizeOf(pixels[index] ?? 0), truth && sizeOf(truth.pixels[index] ?? 0)))
    return {
      head: named(name) + marksOf(drawn ? 'yours, not predicted' : '', further),
      cells: [...(drawn ? ['–', '–'] : [percent(disagreement), dice(score)]), ...sizes],
    }
  })
  return numbers(
    'Every image',
    'Most doubtful first. Sizes are of the structure in the mask, in pixels of the source: a mask that is yours is not a prediction. Dice is the mean over the structures, where there is a reference mask.',
    'Image',
    ['Disagreement', 'Dice', ...structures.map(({ name }) => `${named(name)}<br>${inMm ? 'px · mm²' : 'px'}`)],
    rows,
  )
}
