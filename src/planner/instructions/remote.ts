import { atPlace } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'
import { type GitReference, parseGitReference } from '../remote/git-reference.ts'
import { type HttpReference, parseHttpReference } from '../remote/http-reference.ts'

/** What a source of COPY or ADD is that is not a local path. */
export type RemoteSource =
  | { readonly kind: 'git'; readonly reference: GitReference }
  | { readonly kind: 'http'; readonly reference: HttpReference }

/**
 * @returns undefined for a local path; `github.com/…` is one too
 * @throws {TsbuildError} TSB_GIT_…, TSB_URL for what is remote, but wrong
 */
export function remoteSource(text: string, at: SourceRange): RemoteSource | undefined {
  try {
    const git = parseGitReference(text)
    if (git) return git.looksLocal ? undefined : { kind: 'git', reference: git }
    const http = parseHttpReference(text)
    return http && { kind: 'http', reference: http }
  } catch (error) {
    throw atPlace(error, at)
  }
}
