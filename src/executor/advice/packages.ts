import { treePath } from '../../tree/index.ts'
import { type Advice, type Clue, commandOf, inLastLines } from './clue.ts'
import { entryAt, programAt } from './files.ts'

/** Packages that bring a command, where their name is not that of the command: of Debian, Alpine and Fedora. */
const packages: Readonly<Record<string, readonly [deb: string, apk: string, rpm: string]>> = {
  ...Object.fromEntries(
    [
      'bash',
      'curl',
      'file',
      'gcc',
      'git',
      'jq',
      'make',
      'patch',
      'python3',
      'rsync',
      'sudo',
      'tar',
      'unzip',
      'wget',
      'zip',
    ].map((name) => [name, [name, name, name]]),
  ),
  'g++': ['g++', 'g++', 'gcc-c++'],
  gpg: ['gnupg', 'gnupg', 'gnupg2'],
  node: ['nodejs', 'nodejs', 'nodejs'],
  npm: ['npm', 'npm', 'npm'],
  pip: ['python3-pip', 'py3-pip', 'python3-pip'],
  pip3: ['python3-pip', 'py3-pip', 'python3-pip'],
  ps: ['procps', 'procps', 'procps-ng'],
  python: ['python-is-python3', 'python3', 'python3'],
  ssh: ['openssh-client', 'openssh-client', 'openssh-clients'],
  xz: ['xz-utils', 'xz', 'xz'],
}

/** What installs the package of a command with what the image has; undefined where that is not known. */
export function installing(clue: Clue, command: string): string | undefined {
  const names = Object.hasOwn(packages, command) ? packages[command] : undefined
  if (!names) return undefined
  const [deb, apk, rpm] = names
  if (programAt(clue, 'apt-get')) return `RUN apt-get update && apt-get install -y ${deb}`
  if (programAt(clue, 'apk')) return `RUN apk add --no-cache ${apk}`
  const manager = ['dnf', 'microdnf', 'yum'].find((name) => programAt(clue, name))
  return manager && `RUN ${manager} install -y ${rpm}`
}

/** Lists of packages that are missing, or older than what the mirror has. */
export const aptLists: Advice = (clue) => {
  const missing = inLastLines(clue, /^E: (?:Unable to locate package|Package '|Version ')\s*'?([\w.+:-]+)/)
  const gone = /^E: Failed to fetch \S+ +404 /m.test(clue.output)
  if (!missing && !gone) return undefined
  const updates = /\bapt(?:-get)?\s+(?:-\S+\s+)*update\b/.test(commandOf(clue))
  if (!updates) {
    return `the package lists are those of an earlier step${gone ? ', and name versions that the mirror no longer has' : ' or the base, if there are any'}: update and install in one step, RUN apt-get update && apt-get install -y …`
  }
  if (gone)
    return 'the lists are fresh and the mirror answers 404: for a release that has reached its end, packages are at archive.debian.org or old-releases.ubuntu.com; else build again, with --no-cache for this step'
  return `the lists are fresh, and none has ${missing?.[1] ?? 'it'}: is it called so in this release?`
}

/** The same of Alpine. */
export const apkLists: Advice = (clue) => {
  const missing = inLastLines(clue, /^([\w.+-]+) \(no such package\):?$/)?.[1]
  if (missing === undefined) return undefined
  const command = commandOf(clue)
  const updates = /\bapk\b/.test(command) && /--no-cache|--update|-U\b|\bupdate\b/.test(command)
  return updates
    ? `no list of packages has ${missing}: is it called so, and in a repository of /etc/apk/repositories?`
    : 'the image has no lists of packages: apk add --no-cache fetches them for the step'
}

/** Package managers want root. */
export const managerWantsRoot: Advice = (clue) => {
  if (clue.user.uid === 0) return undefined
  const isTold =
    /are you root\?|\bdpkg\b.*\(13: Permission denied\)|Unable to lock database: Permission denied|This command has to be run with superuser privileges/.test(
      clue.output,
    )
  return isTold
    ? `the step runs as user ${clue.user.uid}, and packages are installed by root: do it before USER, or between USER root and USER ${clue.op.user}`
    : undefined
}

/** Certificates of authorities that the image does not have. */
export const noCertificates: Advice = (clue) => {
  const isTold =
    /certificate verify failed|unable to get local issuer certificate|SSL certificate problem|certificate signed by unknown authority|server certificate verification failed/i.test(
      clue.output,
    )
  if (!isTold || bundles.some((path) => entryAt(clue, treePath(path)))) return undefined
  const name = 'ca-certificates'
  const way = programAt(clue, 'apk')
    ? `apk add --no-cache ${name}`
    : programAt(clue, 'apt-get')
      ? `apt-get update && apt-get install -y ${name}`
      : undefined
  return `the image has no certificates of authorities: ${way ? `RUN ${way}` : `COPY /etc/ssl/certs/ca-certificates.crt from an image that has them`}`
}

const bundles = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/pki/tls/certs/ca-bundle.crt',
  'etc/ssl/cert.pem',
  'etc/ssl/ca-bundle.pem',
]
