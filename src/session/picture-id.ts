/**
 * Names one picture: its source, the axis along which that is cut, the slice and the frame, both from 0. The same for the page, the
 * worker, drawings and checkpoints, and at every visit, for a source's id says what its volume holds.
 */
export type PictureId = `${string}/${0 | 1 | 2}/${number}/${number}`

export const pictureId = (source: string, axis: 0 | 1 | 2, slice: number, frame: number): PictureId => `${source}/${axis}/${slice}/${frame}`
