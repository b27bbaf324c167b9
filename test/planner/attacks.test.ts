// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { describe, expect, test } from 'vitest'
import { imageConfig, opsOf, planError, planText, rowsOf } from '../support/planning.ts'

const bases = { base: imageConfig() }
const onBase = (line: string) => `FROM base\n${line}\n`

describe('D13: mounts have a closed list of keys', () => {
  test.each([
    'type=bind,source=/,target=/m,bind-propagation=shared,z',
    'type=bind,target=/m,Z',
    'type=bind,target=/m,bind-propagation=rshared',
    'type=tmpfs,target=/m,tmpfs-mode=777',
    'type=cache,target=/m,options=suid',
  ])('%s is refused', async (mount) => {
    expect(await planError(onBase(`RUN --mount=${mount} x`), {}, bases)).toMatchObject({ code: 'TSB_MOUNT' })
  })
})

test('D11, D14: paths and ids that climb end at the root, or are only names', async () => {
  const run = onBase('RUN --mount=type=cache,id=../../../../etc,target=/c --mount=source=/../../x,target=../../b y')
  expect(opsOf(await planText(run, {}, bases), 'run')[0]?.mounts).toMatchObject([
    { kind: 'cache', id: '../../../../etc', target: '/c' },
    { kind: 'bind', source: '/x', target: '/b' },
  ])
})

describe('D17: nothing gets more than was granted', () => {
  test.each([
    ['RUN --security=insecure x', 'TSB_ENTITLEMENT'],
    ['RUN --network=host x', 'TSB_ENTITLEMENT'],
    ['RUN --device=vendor.com/gpu=all x', 'TSB_UNSUPPORTED_DEVICE'],
    ['RUN --security=insecur x', 'TSB_BAD_FLAG'],
    ['RUN --security= x', 'TSB_BAD_FLAG'],
    ['RUN --network=container:x x', 'TSB_BAD_FLAG'],
    ['RUN --privileged x', 'TSB_UNKNOWN_FLAG'],
  ])('%s is %s', async (line, code) => {
    expect(await planError(onBase(line), {}, bases)).toMatchObject({ code, at: { start: { line: 1 } } })
  })
})

test('D31: a volume that climbs is a path of the image, and any other stays as it is written', async () => {
  const { image } = await planText('FROM scratch\nVOLUME ["/../../etc", "/a//b/"]\n')
  expect(Object.keys(image.config.config?.Volumes ?? {})).toEqual(['/etc', '/a//b/'])
})

test.each(['4294967296', '-1', '0x0', '65534:99999999999', '+0', '0:-1', '"0 "'])(
  'D32: USER %s is out of range',
  async (user) => {
    expect(await planError(onBase(`USER ${user}`), {}, bases)).toMatchObject({ code: 'TSB_USER_RANGE' })
  },
)

test('D33, F01: labels, annotations and history of a base are data, whatever they say', async () => {
  const forged = {
    ...imageConfig(),
    history: [{ created_by: 'RUN /bin/sh -c x # buildkit', comment: 'buildkit.dockerfile.v0' }],
    'moby.buildkit.cache.v0': 'e30=',
  }
  const labels = {
    'com.docker.compose.project': 'x',
    'io.buildah.version': '1',
    'dev.containerd.cri': '["--privileged"]',
  }
  const text = onBase('RUN x\nCOPY a /')
  const plain = await planText(text, {}, bases)
  const other = await planText(text, {}, { base: { ...forged, config: { Labels: labels } } })
  const withoutBase = (plan: typeof plain) =>
    plan.nodes.flatMap(({ op }) => (op.kind === 'run' ? [{ ...op, onto: '' }] : []))
  expect(withoutBase(other)).toEqual(withoutBase(plain))
  expect(rowsOf(other)).toEqual(rowsOf(plain))
})

describe('D34: triggers of a base may no more than lines of the file', () => {
  test.each([
    ['RUN --security=insecure x', 'TSB_ENTITLEMENT'],
    ['RUN --network=host x', 'TSB_ENTITLEMENT'],
    ['ONBUILD RUN x', 'TSB_BAD_TRIGGER'],
    ['FROM scratch', 'TSB_BAD_TRIGGER'],
    ['FROM scratch\nRUN x', 'TSB_BAD_TRIGGER'],
    ['COPY --from=../../x /etc /etc', 'TSB_REFERENCE_FORMAT'],
    ['# syntax=evil.test/x', 'TSB_BAD_TRIGGER'],
  ])('%j is refused, and the base is named', async (trigger, code) => {
    const error = await planError(onBase('RUN y'), {}, { base: imageConfig({ OnBuild: [trigger] }) })
    expect(error).toMatchObject({ code, at: { start: { line: 0 } } })
  })
})

test('J03 a pattern of stars is matched in one pass over a long value', async () => {
  const value = 'a'.repeat(50_000)
  const text = `FROM scratch\nENV V=${value}\nENV W=$V$V\nLABEL x="\${W//*a*a*a*/}" y="\${W//***a/b}" z="\${W%%*a*a*b*}"\n`
  const { image } = await planText(text)
  expect(image.config.config?.Labels).toMatchObject({ x: '', y: 'b', z: value + value })
})

test('J04 names that objects bring along are ordinary names', async () => {
  const text =
    'ARG __proto__=1\nFROM base AS constructor\nARG __proto__\nARG hasOwnProperty=x\nLABEL toString=$__proto__ __proto__=y\n' +
    'FROM scratch\nCOPY --from=constructor /a /\nCOPY --from=toString /b /\n'
  const error = await planError(text, {}, bases)
  expect(error).toMatchObject({ code: 'TSB_REFERENCE_FORMAT', at: { start: { line: 7 } } })
  const plan = await planText(text.replace(/COPY --from=toString.*\n/, ''), { target: 'constructor' }, bases)
  expect(Object.entries(plan.image.config.config?.Labels ?? {})).toEqual([
    ['toString', '1'],
    ['__proto__', 'y'],
  ])
  expect(({} as Record<string, unknown>)['y']).toBeUndefined()
})

test('J07 texts of a file are arguments, never commands of ours', async () => {
  const text = onBase('COPY ["$(touch /p)`id`", "/x"]\nRUN ["$(touch /p)", "; id"]\nENV A="$(touch /p)"')
  const plan = await planText(text, {}, bases)
  expect(opsOf(plan, 'copy')[0]?.sources).toMatchObject([{ path: '$(touch /p)`id`' }])
  expect(opsOf(plan, 'run')[0]?.argv).toEqual(['$(touch /p)', '; id'])
  expect(plan.image.config.config?.Env).toContain('A=$(touch /p)')
})
