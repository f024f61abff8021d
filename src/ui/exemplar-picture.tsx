import { useMemo } from 'react'
import { useLab } from '../store/lab'
import { paletteOf } from './colours'
import { OutlinedPicture } from './outlined-picture'

/** The annotated image as the network sees it. */
export function ExemplarPicture() {
  const dataset = useLab((state) => state.dataset)
  const palette = useMemo(() => paletteOf(dataset?.classes ?? []), [dataset?.classes])
  const exemplar = dataset?.exemplar
  return (
    <figure className="annotated" aria-labelledby="annotated-name">
      <div className="frame">
        {exemplar && dataset ? (
          <OutlinedPicture grey={exemplar.pixels} labels={exemplar.labels} size={dataset.size} palette={palette} side={512} />
        ) : (
          <p className="empty">The annotated image will stand here, with its mask outlined.</p>
        )}
      </div>
      <figcaption>
        <span id="annotated-name">Annotated image</span>
        {exemplar && <span className="quiet"> {exemplar.name}</span>}
      </figcaption>
    </figure>
  )
}
