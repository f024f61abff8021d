/**
 * Names one picture: its source, the axis along which it is cut, the slice and the frame, both from 0. The same for the page, the
 * worker, drawings and checkpoints, and at every visit, since a source's id is a digest of its volume.
 */
export type PictureId = `${string}/${0 | 1 | 2}/${number}/${number}`

export const pictureId = (source: string, axis: 0 | 1 | 2, slice: number, frame: number): PictureId => `${source}/${axis}/${slice}/${frame}`
