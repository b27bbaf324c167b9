import type { Instruction } from './instruction.ts'

/** How each instruction is written, for hints. */
const usages: { readonly [K in Instruction['kind']]: string } = {
  add: 'ADD SOURCE… DESTINATION',
  arg: 'ARG NAME or ARG NAME=DEFAULT',
  cmd: 'CMD ["PROGRAM", "ARGUMENT"]',
  copy: 'COPY SOURCE… DESTINATION',
  entrypoint: 'ENTRYPOINT ["PROGRAM", "ARGUMENT"]',
  env: 'ENV NAME=VALUE',
  expose: 'EXPOSE PORT or EXPOSE PORT/PROTOCOL',
  from: 'FROM IMAGE or FROM IMAGE AS NAME',
  healthcheck: 'HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE',
  label: 'LABEL NAME=VALUE',
  maintainer: 'MAINTAINER NAME',
  onbuild: 'ONBUILD INSTRUCTION',
  run: 'RUN COMMAND',
  shell: 'SHELL ["PROGRAM", "ARGUMENT"], such as SHELL ["/bin/bash", "-c"]',
  stopsignal: 'STOPSIGNAL SIGNAL, such as STOPSIGNAL SIGTERM',
  user: 'USER NAME or USER NAME:GROUP',
  volume: 'VOLUME PATH or VOLUME ["PATH"]',
  workdir: 'WORKDIR PATH',
}

/** `write COPY SOURCE… DESTINATION`: the hint for an instruction with too few words. */
export function usageHint(keyword: string): string {
  const found = Object.entries(usages).find(([kind]) => kind === keyword.toLowerCase())
  return `write ${found?.[1] ?? keyword.toUpperCase()}`
}
