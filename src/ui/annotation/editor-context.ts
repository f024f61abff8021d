import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Editor, EditorState } from '../../drawing/editor'

export const EditorContext = createContext<Editor | null>(null)

/** The editor that the dialog has opened. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('There is no editor around this component.')
  return editor
}

export const useEditorState = <T>(select: (state: EditorState) => T): T => useStore(useEditor().state, select)
