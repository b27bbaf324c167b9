import path from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** A file of docker's or podman's that may hold logins. */
export type AuthFile = string

/**
 * The files that are asked for a login, in this order: `$REGISTRY_AUTH_FILE`; `config.json` of `$DOCKER_CONFIG`, else of
 * `~/.docker`; podman's `auth.json`. Absolute paths only: nothing is read from the working directory, which may be what is built.
 */
export function authFilesOf(env: Env): readonly AuthFile[] {
  const files = [
    env['REGISTRY_AUTH_FILE'],
    dockerFile(env),
    below(env['XDG_RUNTIME_DIR'], 'containers/auth.json'),
    below(env['XDG_CONFIG_HOME'] || below(env['HOME'], '.config'), 'containers/auth.json'),
  ]
  return [...new Set(files.filter((file) => file !== undefined && path.isAbsolute(file)))] as readonly AuthFile[]
}

/** The file that `login` writes to; undefined when nobody says where that is. */
export function loginFile(env: Env): AuthFile | undefined {
  const file = env['REGISTRY_AUTH_FILE'] || dockerFile(env)
  return file !== undefined && path.isAbsolute(file) ? file : undefined
}

function dockerFile(env: Env): string | undefined {
  return below(env['DOCKER_CONFIG'] || below(env['HOME'], '.docker'), 'config.json')
}

function below(folder: string | undefined, name: string): string | undefined {
  return folder ? path.join(folder, name) : undefined
}
