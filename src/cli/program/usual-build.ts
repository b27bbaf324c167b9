/** Of the build that is meant where none is named: the rule is `usualBuild` in `library/here.ts`. */
export const usualBuildNote =
  'Where none is named, the newest of this folder is meant: one that was started here, or had it as its context. Of a folder that has none, the newest of the store; standard error says which.'

export const usualBuildArgument = 'number, id or ^N (default: the newest of this folder, else of the store)'
