/** Of the build that is meant where none is named: the rule is `usualBuild` in `library/here.ts`. */
export const usualBuildNote = `Where none is named, the newest of this folder is meant: one that was started
here, or had it as its context. Of a folder that has none it is the newest of
the store, and standard error says so.`

export const usualBuildArgument = 'number, id or ^N (default: the newest of this folder, else of the store)'
