import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Editor, EditorState } from '../../drawing/editor'
import type { Editing } from './editing'

export const EditingContext = createContext<Editing | null>(null)

/** What the dialog is at work on. */
export function useEditing(): Editing {
  const editing = useContext(EditingContext)
  if (!editing) throw new Error('There is nothing to edit around this component.')
  return editing
}

export const EditorContext = createContext<Editor | null>(null)

/** The editor of the slice that is shown. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('There is no editor around this component.')
  return editor
}

export const useEditorState = <T>(select: (state: EditorState) => T): T => useStore(useEditor().state, select)
