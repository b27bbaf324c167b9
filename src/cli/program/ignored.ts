import { type Command, Option } from 'commander'

/** Flags of docker that change nothing here, and why. Scripts that pass them go on. */
const ignored: Readonly<Record<string, string>> = {
  '--builder <name>': 'there is no daemon',
  '--compress': 'the context is not sent anywhere',
  '-c, --cpu-shares <value>': 'all steps have the same share; --cpus limits it',
  '--cpuset-cpus <list>': 'steps run on all processors',
  '--cpuset-mems <list>': 'steps use all memory nodes',
  '--disable-content-trust': 'digests are always checked',
  '--force-rm': 'nothing of a step is left behind',
  '--isolation <kind>': 'it is for Windows',
  '--provenance <value>': 'none is made',
  '--rm': 'nothing of a step is left behind',
  '--sbom <value>': 'none is made',
}

/** Flags of docker that would change the result and are not there, and what to do instead. */
export const missing: Readonly<Record<string, string>> = {
  '--attest': 'no attestations are made',
  '--keep-storage': 'write prune --max-used-space, or --reserved-space for what is always kept',
  '--squash': 'use a stage with one COPY --from',
}

export function addIgnoredFlags(command: Command): void {
  for (const flags of Object.keys(ignored)) command.addOption(new Option(flags).hideHelp())
}

/** A line for each flag that was given and changes nothing. */
export function ignoredNotes(flags: object): readonly string[] {
  return Object.entries(ignored).flatMap(([spelling, why]) => {
    const option = new Option(spelling)
    const value: unknown = Reflect.get(flags, option.attributeName())
    return value === undefined || value === 'false' ? [] : [`${option.long} has no effect: ${why}`]
  })
}
