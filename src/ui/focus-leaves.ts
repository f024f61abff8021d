import type { FocusEvent } from 'react'

/**
 * Whether a blur takes the focus out of the element that listens: not if it goes to something else in there, which must not vanish before it
 * gets it, nor if it is the window that loses it, which gives it back.
 */
export const focusLeaves = ({ target, currentTarget, relatedTarget }: FocusEvent): boolean =>
  !currentTarget.contains(relatedTarget) && document.activeElement !== target
