import { useEffect, useRef, useState } from 'react'
import { tellUnread } from '../store/commands'
import { usePage } from '../store/page-store'
import { canSegment, loading } from '../store/state'
import { filesOf } from './dropped'
import { giveFiles } from './give-files'

/** Takes files dropped anywhere on the page, and shows that it will; those dropped on a place of their own are only segmented. */
export function DropTarget() {
  const [over, setOver] = useState<'page' | 'further' | null>(null)
  const can = usePage((state) => canSegment(state) && !loading(state))
  const further = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    const placeOf = ({ clientX, clientY }: DragEvent): 'page' | 'further' => {
      const { left, right, top, bottom } = further.current?.getBoundingClientRect() ?? new DOMRect()
      return left < clientX && clientX < right && top < clientY && clientY < bottom ? 'further' : 'page'
    }
    // A child is entered before its parent is left: without counting, the overlay would flicker.
    let depth = 0
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      depth++
      setOver(placeOf(event))
    }
    const hover = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setOver(placeOf(event))
    }
    const leave = () => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(null)
    }
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer || !carriesFiles(event)) return
      event.preventDefault()
      depth = 0
      const role = placeOf(event) === 'further' ? 'further' : null
      setOver(null)
      void filesOf(event.dataTransfer).then(({ files, unread }) => {
        tellUnread(unread)
        const paths = new Map(files.map(({ file, path }) => [file, path]))
        return giveFiles([...paths.keys()], role, (file) => paths.get(file)!)
      })
    }
    addEventListener('dragenter', enter)
    addEventListener('dragover', hover)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragenter', enter)
      removeEventListener('dragover', hover)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return (
    <div className="drop-overlay" hidden={over === null}>
      <p data-over={over === 'page'}>
        Drop images and masks here
        <span>Files, folders or a zip: they are sorted by name and content, and never leave this page.</span>
      </p>
      {can && (
        <p ref={further} data-over={over === 'further'}>
          Or here, to segment them only
          <span>With the networks at hand, which do not learn from them.</span>
        </p>
      )}
    </div>
  )
}
