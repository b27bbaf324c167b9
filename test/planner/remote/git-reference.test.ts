import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { isCommitId } from '../../../src/graph/index.ts'
import {
  type GitReference,
  gitOp,
  parseGitReference,
  showGitReference,
} from '../../../src/planner/remote/git-reference.ts'
import { type GitUrl, parseGitUrl, parseScpUrl } from '../../../src/planner/remote/git-url.ts'
import { conformanceTable } from '../../support/conformance-table.ts'

const file = 'git-url.json'

interface RefRow {
  readonly input: string
  /** True for any message, or what the message has. */
  readonly error?: true | string
  readonly observedError?: string
  readonly isGit?: boolean
  readonly result?: Readonly<Record<string, string | boolean>>
}

for (const table of ['parseRef', 'more']) {
  conformanceTable<RefRow>(file, table, ['input', 'error', 'observedError', 'isGit', 'result'], (row) => {
    if (row.error === undefined) return expect(asTable(parseGitReference(row.input))).toEqual(row.result)
    if (!row.isGit) return expect(parseGitReference(row.input)).toBeUndefined()
    const problem = errorOf(() => parseGitReference(row.input))
    expect(problem.code).toBe('TSB_GIT_REFERENCE')
    for (const said of [row.error, row.observedError])
      if (typeof said === 'string') expect(problem.message).toContain(said)
  })
}

interface FormRow {
  readonly input: string
  readonly output: string
  readonly ok: boolean
}

conformanceTable<FormRow>(file, 'fragment', ['input', 'output', 'ok'], ({ input, output, ok }) => {
  const reference = readable(input)
  expect(reference !== undefined).toBe(ok)
  const shown = reference && showGitReference({ ...reference, remote: written(reference), subdir: '' })
  expect(shown ?? input).toBe(output)
})

conformanceTable<FormRow>(file, 'fragmentWithSubdir', ['input', 'output', 'ok'], ({ input, output, ok }) => {
  const reference = readable(input)
  expect(reference !== undefined).toBe(ok)
  expect(reference ? showGitReference(reference) : input).toBe(output)
})

interface UrlRow {
  readonly input: string
  readonly error?: true
  readonly path?: string
  readonly scheme?: string
  readonly host?: string
  readonly user?: string
  readonly fragment?: { readonly ref: string; readonly subdir: string } | null
  readonly query?: Readonly<Record<string, readonly string[]>> | null
}

const urlFields = ['input', 'error', 'path', 'scheme', 'host', 'user', 'fragment', 'query'] as const
conformanceTable<UrlRow>(file, 'url', urlFields, ({ input, error, ...parts }) => {
  const url = parseGitUrl(input)
  expect(url && urlParts(url)).toEqual(error ? undefined : parts)
})

interface ScpRow {
  readonly input: string
  readonly error?: true
  readonly path?: string
  readonly host?: string
  readonly user?: string
  readonly fragment?: string
}

const scpFields = ['input', 'error', 'path', 'host', 'user', 'fragment'] as const
conformanceTable<ScpRow>(file, 'scp', scpFields, ({ input, error, ...parts }) => {
  const url = parseScpUrl(input)
  const { path, host, user = '' } = url ? urlParts(url) : {}
  const found = url && { path, host, user, fragment: url.fragment?.ref ?? '' }
  expect(found).toEqual(error ? undefined : parts)
})

interface MatchRow {
  readonly input: string
  readonly match: boolean
}

conformanceTable<MatchRow>(file, 'implicitSsh', ['input', 'match'], ({ input, match }) => {
  expect(parseScpUrl(input) !== undefined).toBe(match)
})

conformanceTable<MatchRow>(file, 'commitId', ['input', 'match'], ({ input, match }) => {
  expect(isCommitId(input)).toBe(match)
})

function urlParts({ scheme, host, path, user, fragment, query }: GitUrl) {
  const password = user?.password === undefined ? '' : `:${user.password}`
  return {
    scheme,
    host,
    path,
    user: user ? user.name + password : '',
    fragment: fragment ? { ref: fragment.ref, subdir: fragment.subdir } : null,
    query: query ? Object.fromEntries(query) : null,
  }
}

/** BuildKit keeps the login in the remote, and the scheme out of `github.com/…`. */
function written({ remote, login, looksLocal }: GitReference): string {
  if (looksLocal) return remote.replace('https://', '')
  return login ? remote.replace('//', `//${login.user}:${login.password}@`) : remote
}

function asTable(reference: GitReference | undefined) {
  if (!reference) return undefined
  const { login: _login, ref = '', subdir = '', checksum = '', mtime = '', fetchByCommit = false, ...rest } = reference
  return { ...rest, ref, subdir, checksum, mtime, fetchByCommit, remote: written(reference) }
}

function readable(input: string): GitReference | undefined {
  try {
    return parseGitReference(input)
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}

function parsed(input: string): GitReference {
  const reference = parseGitReference(input)
  if (!reference) throw new Error(`${input} is no git reference`)
  return reference
}

function errorOf(work: () => unknown): TsbuildError {
  try {
    work()
  } catch (error) {
    if (error instanceof TsbuildError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('credentials', () => {
  test('user and password of http are a login, and no part of the remote', () => {
    const { remote, login } = parsed('https://us%40er:p%2fw@host/r.git#main')
    expect(remote).toBe('https://host/r.git')
    expect(login).toEqual({ user: 'us@er', password: 'p/w' })
  })

  test('a token alone is a login without a password', () => {
    expect(parsed('https://token@host/r.git').login).toEqual({ user: 'token' })
  })

  test('the user of ssh is part of the remote, a password is not', () => {
    expect(parsed('ssh://git:secret@host:22/r.git').remote).toBe('ssh://git@host:22/r.git')
    expect(parsed('git@host:r.git').login).toBeUndefined()
  })

  test('an op, an error and the shown form have no password', () => {
    const reference = parsed('https://user:secret@host/r.git#main:sub')
    expect(JSON.stringify([gitOp(reference), showGitReference(reference)])).not.toContain('secret')
    const wrong = ['?ref=a b', '#-x', '#main:../..', '?checksum=xyz']
    for (const end of wrong) {
      const error = errorOf(() => gitOp(parsed(`https://user:secret@host/r.git${end}`)))
      expect(`${error.message} ${error.hint}`).not.toContain('secret')
    }
  })
})

describe('what git would misread', () => {
  test.each([
    'git@h:--upload-pack=touch$IFS/tmp/p',
    'ssh://-oProxyCommand=touch/x',
    'ssh://git@-oProxyCommand=x/r.git',
    'ssh://%2doProxyCommand=x@host/r.git',
    '-oProxyCommand@host:r.git',
    'git://-x/r',
    'https://host/r.git#--output=x',
    'https://host/r.git?ref=--output%3dx',
    'https://host/r.git#main:-x',
  ])('option-like part: %s', (text) => {
    expect(errorOf(() => parseGitReference(text)).code).toBe('TSB_GIT_ARG')
  })

  test('control characters', () => {
    expect(errorOf(() => parseGitReference('git@host:r\r.git')).code).toBe('TSB_GIT_ARG')
    expect(errorOf(() => parseGitReference('https://host/r%0a.git')).code).toBe('TSB_GIT_ARG')
  })

  test.each(['a b', 'a..b', 'a:b', 'a~1', 'HEAD^', 'v*', 'a@{1}', '/a', 'a/', 'a.lock', '.a', '@'])(
    'no ref can be named %s',
    (ref) => {
      const parse = () => parseGitReference(`https://host/r.git?ref=${encodeURIComponent(ref)}`)
      expect(errorOf(parse).code).toBe('TSB_GIT_REFERENCE')
    },
  )

  test.each(['https://h/r.git#main:../..', 'https://h/r.git#main:..', 'https://h/r.git?subdir=../..'])(
    'a subdirectory outside the repository: %s',
    (text) => {
      expect(errorOf(() => parseGitReference(text)).code).toBe('TSB_GIT_SUBDIR')
    },
  )
})

describe('the op', () => {
  test('submodules are fetched and .git is not kept, unless the URL says so', () => {
    expect(gitOp(parsed('https://h/r.git'))).toEqual({
      kind: 'git',
      remote: 'https://h/r.git',
      keepGitDir: false,
      submodules: true,
      mtime: 'checkout',
    })
    const asked = gitOp(parsed('https://h/r.git?submodules=false&keep-git-dir&mtime=commit'))
    expect(asked).toMatchObject({ keepGitDir: true, submodules: false, mtime: 'commit' })
  })

  test('a subdirectory counts from the root, however it is written', () => {
    for (const end of ['?subdir=/a/b/', '?subdir=a//b', '#:a/./b', '#:/a/c/../b']) {
      expect(gitOp(parsed(`https://h/r.git${end}`)).subdir).toBe('a/b')
    }
    expect(gitOp(parsed('https://h/r.git?subdir=/')).subdir).toBeUndefined()
  })

  test('URL and flags may say the same twice, but not two things', () => {
    const reference = parsed('https://h/r.git?checksum=abc&keep-git-dir=true')
    expect(gitOp(reference, { checksum: 'abc', keepGitDir: true })).toMatchObject({ checksum: 'abc', keepGitDir: true })
    expect(() => gitOp(reference, { checksum: 'abd' })).toThrow('checksum mismatch "abd" != "abc"')
    expect(() => gitOp(reference, { keepGitDir: false })).toThrow('inconsistent keep-git-dir configuration')
  })

  test('a checksum is hexadecimal', () => {
    expect(errorOf(() => gitOp(parsed('https://h/r.git'), { checksum: 'sha256:ab' })).code).toBe('TSB_GIT_REFERENCE')
  })

  test('github.com/… is fetched by https', () => {
    expect(gitOp(parsed('github.com/a/b#v1')).remote).toBe('https://github.com/a/b')
  })
})

test('any text is a reference, none, or an error of ours, and its password is in no part that is shown', () => {
  const pieces = [
    'https://',
    'ssh://',
    'git@h:',
    '.git',
    '#',
    '?',
    '&',
    '=',
    ':',
    '@',
    '/',
    '..',
    '%',
    '%2f',
    '-',
    'ref',
    'a',
  ]
  const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 12 })
  fc.assert(
    fc.property(text, (words) => {
      const reference = readable(words.join(''))
      if (!reference) return
      const withLogin = readable(reference.remote.replace(/^https:\/\//, 'https://user:CANARY@'))
      expect(`${withLogin?.remote} ${withLogin?.shortName}`).not.toContain('CANARY')
      expect(readable(showGitReference({ remote: reference.remote }))?.remote).toBe(reference.remote)
    }),
  )
})
