import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { VolumeInstruction, Word } from '../../parser/index.ts'
import { expand } from '../expand.ts'
import { goList } from '../go-format.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withMembers, withRow } from '../state.ts'

/** VOLUME: paths stay as they are written, but for those that climb with `..`, which are cleaned. */
export function lowerVolume(state: StageState, instruction: VolumeInstruction, scope: StageScope): StageState {
  const paths = instruction.paths.map((word) => {
    const path = expand(word, state, scope)
    if (path === '') throw emptyVolume(word)
    return path.split('/').includes('..') ? posix.join('/', path) : path
  })
  return withRow(
    withMembers(
      state,
      'Volumes',
      paths.map((path) => [path, {}]),
    ),
    `VOLUME ${goList(paths)}`,
  )
}

function emptyVolume({ at }: Word): TsbuildError {
  return new TsbuildError('TSB_VOLUME_EMPTY', 'VOLUME specified can not be an empty string', {
    at,
    hint: 'give its variables a value with ARG or ENV',
  })
}
