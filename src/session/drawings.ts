/** What users draw: as exemplars, and as files. */
import { zip } from '../export/archive'
import { sourceBase, writeLabels } from '../export/label-file'
import { InputError } from '../data/input-error'
import { putSlice } from '../data/slices'
import { unknown, type LabelClass } from '../image/raster'
import { annotated, annotationOf, withAnnotation } from './annotations'
import { asWritten } from './cases'
import { pictureOf, type Dataset } from './dataset'
import type { Drawn, ExportedFile, ExportOptions } from './events'
import { gridOf } from './finished-run'

/**
 * The data set with everything that was drawn as exemplars.
 * @param classes the label list of all drawings, background first
 * @throws InputError where an image is no longer loaded, or a drawing does not fit its image
 */
export function withDrawings(dataset: Dataset, drawings: readonly Drawn[], classes: readonly LabelClass[]): Dataset {
  return drawings.reduce((all, { picture: id, labels }) => {
    const picture = pictureOf(dataset, id)
    // Other files may have been loaded meanwhile.
    if (!picture) throw new InputError('The image that you drew on is no longer loaded; load it again and open it to see your drawing.', '')
    const { name, width, height } = picture
    const fits = labels.length === width * height && labels.every((l) => l === unknown || l < classes.length)
    if (!fits) throw new InputError(`The drawing does not fit "${name}"; open the image and draw again.`, name)
    return withAnnotation(all, picture, { width, height, labels }, classes)
  }, dataset)
}

/**
 * All that is annotated on the volume of the first drawing, in its format: its own slices, and background in the others; unknown is background.
 * Named like the mask of that volume, so that both can be given together.
 */
export async function drawingFile(
  dataset: Dataset,
  drawings: readonly Drawn[],
  classes: readonly LabelClass[],
  options: ExportOptions,
): Promise<ExportedFile> {
  if (drawings.length === 0) throw new InputError('Nothing is drawn yet; draw something, then export it.', '')
  const drawn = asWritten(withDrawings(dataset, drawings, classes), options)
  const { source } = pictureOf(drawn, drawings[0]!.picture)!
  const volume = gridOf(source.volume)
  const labels = new Uint8Array(volume.size.reduce((product, side) => product * side))
  const frames = new Set<number>()
  for (const exemplar of annotated(drawn)) {
    const { plane, slice, frame, source: own } = exemplar.picture
    if (own.id !== source.id) continue
    // Channels share a mask.
    const at = frame < volume.size[3] ? frame : 0
    frames.add(at)
    const known = annotationOf(drawn, exemplar)!.labels.map((label) => (label === unknown ? 0 : label))
    putSlice(volume, labels, plane, slice, at, known)
  }
  const files = await writeLabels(volume, labels, drawn.classes, {
    ...options,
    base: `${sourceBase(volume.name)}_mask`,
    frames: [...frames].sort((a, b) => a - b),
  })
  const [first, ...others] = files
  if (first && others.length === 0) return first
  return { name: `${sourceBase(volume.name)}_mask.zip`, bytes: zip(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]))) }
}
