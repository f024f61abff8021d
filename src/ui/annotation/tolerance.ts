import type { Drawable } from '../../drawing/drawable'
import { tidy } from '../../lib/round-numbers'

/** A hundredth of the picture's window: how far a key or a step of the slider moves the tolerance, which goes up to half the window. */
export const toleranceStep = ({ window }: Pick<Drawable, 'window'>): number => tidy(window.width / 100)
