import { join } from 'node:path'
import { runProgram } from './programs.ts'

/** Files in PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Makes an authority that nobody knows, with openssl. */
export function makeAuthority(folder: string): KeyPair & { issue(name: string, address?: string): KeyPair } {
  const [key, certificate] = [join(folder, 'ca.key'), join(folder, 'ca.crt')]
  const isAuthority = ['-addext', 'basicConstraints=critical,CA:TRUE']
  runProgram(
    'openssl',
    'req',
    '-x509',
    ...elliptic,
    '-subj',
    '/CN=test-ca',
    ...isAuthority,
    '-keyout',
    key,
    '-out',
    certificate,
  )
  return {
    key,
    certificate,
    issue(name, address) {
      const own = { key: join(folder, `${name}.key`), certificate: join(folder, `${name}.cert`) }
      const names = address === undefined ? [] : ['-addext', `subjectAltName=IP:${address}`]
      const issuer = ['-CA', certificate, '-CAkey', key]
      runProgram(
        'openssl',
        'req',
        '-x509',
        ...elliptic,
        '-subj',
        `/CN=${name}`,
        ...names,
        ...issuer,
        '-keyout',
        own.key,
        '-out',
        own.certificate,
      )
      return own
    },
  }
}
