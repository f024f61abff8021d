/**
 * The ref of a box with controls that go away when they are pressed. The keyboard focus would go with them, to the top of the page. Here it
 * moves to the same control of the next item or else of the one before, or to the nearest box around that has a `tabIndex`, or, where there
 * is none any more, to the element whose id is in `data-elsewhere`.
 */
export function keepFocus(box: HTMLElement | null) {
  if (!box) return
  let focused: HTMLElement | null = null
  let given: HTMLElement | null = null
  const restore = (records: readonly MutationRecord[]) => {
    const lost = focused
    if (!lost || lost.isConnected) return
    focused = null
    // Who is elsewhere by now stays there.
    if (document.activeElement !== document.body) return
    const at = records.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)))
    const beside = [at?.nextSibling, at?.previousSibling].filter((item) => item instanceof Element)
    const buttons = beside.flatMap((item) => [...item.querySelectorAll('button')])
    const around = (at?.target as Element | undefined)?.closest<HTMLElement>('[tabindex]')
    const home = around?.isConnected ? around : document.getElementById(box.dataset.elsewhere ?? '')
    given = buttons.find(({ isConnected, textContent }) => isConnected && textContent === lost.textContent) ?? home
    given?.focus({ preventScroll: true })
  }
  const observer = new MutationObserver(restore)
  observer.observe(box, { childList: true, subtree: true })
  box.addEventListener('focusin', ({ target }) => (focused = target as HTMLElement))
  box.addEventListener('focusout', () =>
    // Not if it was removed, which some browsers tell like this too, nor if the window lost the focus and will give it back.
    queueMicrotask(() => focused?.isConnected && document.activeElement !== focused && (focused = null)),
  )
  box.addEventListener('keydown', (event) => {
    // A key that is held down would press one item after the other.
    if (event.repeat && event.target === given && ['Enter', ' '].includes(event.key)) event.preventDefault()
  })
  return () => {
    observer.disconnect()
    // The box goes itself, once this is done.
    queueMicrotask(() => restore([]))
  }
}
