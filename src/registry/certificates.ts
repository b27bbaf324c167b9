import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Trust } from '../http/index.ts'

/** What the folders of certificates have for a host, `registry.lan:5000`; undefined: nothing. */
export type Certificates = (host: string) => Promise<Trust | undefined>

type Env = Readonly<Record<string, string | undefined>>

/**
 * Folders with one folder for each host, as docker and podman have them, those of the user before those of the machine.
 * Absolute paths only: nothing is read from the working directory, which may be what is built.
 */
export function certificateFolders({ HOME: home = '', XDG_CONFIG_HOME: config = '' }: Env): readonly string[] {
  const own = path.isAbsolute(config) ? config : path.isAbsolute(home) ? path.join(home, '.config') : undefined
  return [
    ...(own === undefined ? [] : [path.join(own, 'containers/certs.d'), path.join(own, 'docker/certs.d')]),
    '/etc/docker/certs.d',
    '/etc/containers/certs.d',
  ]
}

/**
 * Reads them, each when it is first asked for. The first folder that there is for a host counts: `*.crt` vouch for it,
 * `NAME.cert` with `NAME.key` says who we are.
 * @see https://docs.docker.com/engine/security/certificates/
 */
export function openCertificates(folders: readonly string[]): Certificates {
  const known = new Map<string, Promise<Trust | undefined>>()
  return (host) => {
    const found = known.get(host) ?? certificatesOf(host, folders)
    known.set(host, found)
    return found
  }
}

async function certificatesOf(host: string, folders: readonly string[]): Promise<Trust | undefined> {
  if (!/^[\w[]/.test(host) || /[/\\]/.test(host)) return undefined
  for (const folder of folders.map((each) => path.join(each, host))) {
    const names = await namesIn(folder)
    if (names) return await trustIn(folder, names.sort())
  }
  return undefined
}

async function trustIn(folder: string, names: readonly string[]): Promise<Trust> {
  const authorities = names.filter((name) => name.endsWith('.crt')).map((name) => path.join(folder, name))
  const [certificate] = names.filter((name) => name.endsWith('.cert'))
  const [key] = names.filter((name) => name.endsWith('.key'))
  const own = certificate?.replace(/cert$/, 'key')
  if (own !== undefined && !names.includes(own)) throw noPair(folder, certificate ?? '', own)
  if (certificate === undefined && key !== undefined) throw noPair(folder, key, key.replace(/key$/, 'cert'))
  const client = certificate !== undefined && own !== undefined ? { certificate, key: own } : undefined
  return {
    authorities: await Promise.all(authorities.map(readPem)),
    ...(client && {
      client: {
        certificate: await readPem(path.join(folder, client.certificate)),
        key: await readPem(path.join(folder, client.key)),
      },
    }),
  }
}

/** A folder that may not be read is none, as for podman: it is the machine's. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined
    throw error
  }
}

async function readPem(file: string): Promise<string> {
  const text = await readFile(file, 'latin1').catch((error: unknown) => {
    throw new TsbuildError('TSB_CERTIFICATE', `cannot read ${file}`, {
      hint: 'whoever asks the registry has to be able to read it',
      cause: error,
    })
  })
  if (/^-----BEGIN [A-Z0-9 ]+-----$/m.test(text.replaceAll('\r', ''))) return text
  throw new TsbuildError('TSB_CERTIFICATE', `${file} is no certificate or key in PEM`, {
    hint: 'it begins with -----BEGIN …-----; openssl x509 -inform der makes it of a certificate in DER',
  })
}

function noPair(folder: string, there: string, missing: string): TsbuildError {
  return new TsbuildError('TSB_CERTIFICATE', `${folder} has ${there} and no ${missing}`, {
    hint: 'NAME.cert and NAME.key belong together; authorities are named NAME.crt',
  })
}
