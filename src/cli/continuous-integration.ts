type Env = Readonly<Record<string, string | undefined>>

/** True in a job of a CI, whose log a runner reads and whose machine is thrown away. */
export function isContinuousIntegration(env: Env): boolean {
  return ['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'].some((name) => {
    const value = env[name]
    return value !== undefined && value !== '' && value !== 'false'
  })
}

/** The runner whose marks for folding we know. */
export function runnerOf(env: Env): 'github' | 'gitlab' | undefined {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== '' && env[name] !== 'false'
  if (isSet('GITHUB_ACTIONS')) return 'github'
  return isSet('GITLAB_CI') ? 'gitlab' : undefined
}
