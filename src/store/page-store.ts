import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { initial, type State } from './state'

/** What React components read. Only `reduce` and the functions in commands.ts change it. */
export const pageStore = createStore<State>(() => initial)

export const usePage = <T>(select: (state: State) => T): T => useStore(pageStore, select)
