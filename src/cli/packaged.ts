declare const EXEMPLAR_PACKAGE: true

/** Whether this is the package that `npm pack` makes, rather than a clone: scripts/node-build.mjs, which builds it, defines the name. */
export const isPackaged = typeof EXEMPLAR_PACKAGE !== 'undefined'

/** What is typed to run a command, before its options. */
export const typed = (command: string): string => (isPackaged ? `exemplar-lab ${command}` : `npm run ${command} --`)
