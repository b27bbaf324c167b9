import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'
import type { OpenedImage, Waste } from '../../index.ts'
import { countText, humanSize } from '../../text/index.ts'
import { isContinuousIntegration } from '../continuous-integration.ts'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import { type LookFlags, lookOptions } from '../flags/look.ts'
import { checkRules, defaultRules, holdAgainst, parseRules, type RuleResult, type Rules } from '../look/ci-rules.ts'
import { ciText, exploreJson, exploreText } from '../look/explore-text.ts'
import { checkFileFlag, replaceText } from '../replace-text.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'

export interface ExploreFlags extends LookFlags, Partial<Rules> {
  readonly json?: string
  readonly ci?: boolean
  readonly ciConfig?: string
}

/** Shows an image: to look around in on a terminal, else as text, as JSON, or held against rules. */
export async function exploreCommand(session: Session, name: string, flags: ExploreFlags): Promise<void> {
  const { environment } = session
  const { openImage } = await session.library()
  const asked = flags.ci ?? (isContinuousIntegration(environment.env) || hasRules(flags))
  const rules = asked ? readRules(flags, environment.cwd) : undefined
  if (!rules && flags.json === undefined && canDraw(session)) return draw(session, name, flags)
  if (rules) checkRules(rules)
  checkFileFlag('--json', flags.json === '-' ? undefined : flags.json)
  await using image = await openImage(name, lookOptions(flags, session), environment)
  await sayWhatIsFetched(session, image)
  const waste = await image.waste(session.signal)
  const results = rules && holdAgainst(rules, waste)
  await print(session, name, image, waste, results, flags)
  if (results?.some(({ status }) => status === 'FAIL')) throw new Reported(exitCodes.failure)
}

/** All layers are read, and some may take their time. */
async function sayWhatIsFetched({ err }: Session, { layers, isHere }: OpenedImage): Promise<void> {
  const here = await Promise.all(layers.map(({ index }) => isHere(index)))
  const missing = layers.filter(({ index }) => !here[index])
  const bytes = missing.reduce((sum, { size }) => sum + size, 0)
  if (missing.length > 0)
    err.print(`fetching ${missing.length} of ${countText(layers.length, 'layer')}, ${humanSize(bytes)}\n`)
}

function canDraw({ out, environment }: Session): boolean {
  const { stdin, env } = environment
  return out.isTerminal && 'isTTY' in stdin && stdin.isTTY === true && env['TERM'] !== 'dumb'
}

function hasRules({ lowestEfficiency, highestWastedBytes, highestUserWastedPercent, ciConfig }: ExploreFlags): boolean {
  return [lowestEfficiency, highestWastedBytes, highestUserWastedPercent, ciConfig].some((flag) => flag !== undefined)
}

/** ink and react are loaded only when they draw. */
async function draw(session: Session, name: string, flags: ExploreFlags): Promise<void> {
  const { openImage } = await session.library()
  const { exploreOnScreen } = await import('../explore/explore-tty.ts')
  const fetched = { received: 0, size: 0, digest: '' }
  const onBytes = (digest: string, received: number, size: number) =>
    void Object.assign(fetched, { digest, received, size })
  await using image = await openImage(name, { ...lookOptions(flags, session), onBytes }, session.environment)
  await exploreOnScreen(session, name, image, () => fetched)
}

async function print(
  { out }: Session,
  name: string,
  image: OpenedImage,
  waste: Waste,
  results: readonly RuleResult[] | undefined,
  { json }: ExploreFlags,
): Promise<void> {
  const found = jsonText(exploreJson(image, waste, results), 2)
  if (json === '-') {
    out.print(`${found}\n`)
    return
  }
  if (json !== undefined) await replaceText(json, `${found}\n`)
  if (results) out.print(ciText(waste, results, out.paint))
  else if (json === undefined) out.print(exploreText(name, image, waste))
}

function readRules(flags: ExploreFlags, cwd: string): Rules {
  const { ciConfig } = flags
  const text = readRuleFile(path.resolve(cwd, ciConfig ?? '.dive-ci'), ciConfig !== undefined)
  const read = text === undefined ? {} : parseRules(text, ciConfig ?? '.dive-ci')
  const given = Object.fromEntries(
    Object.keys(defaultRules).flatMap((name) => {
      const value = flags[name as keyof Rules]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { ...defaultRules, ...read, ...given }
}

/** The file that is looked for by itself need not be there. */
function readRuleFile(file: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && !isNamed) return undefined
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) throw error
    throw new TsbuildError('TSB_CI_RULES', `cannot read ${file}: ${error.message}`, {
      cause: error,
      hint: 'check the path',
    })
  }
}
