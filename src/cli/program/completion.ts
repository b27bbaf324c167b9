import { Argument, Command } from 'commander'
import type { Shell } from '../completion/scripts.ts'
import { withHelp } from './help.ts'

const notes = `
bash: tsbuild completion bash > ~/.local/share/bash-completion/completions/tsbuild
zsh:  tsbuild completion zsh > "\${fpath[1]}/_tsbuild", before compinit runs
fish: tsbuild completion fish > ~/.config/fish/completions/tsbuild.fish
The script asks tsbuild at each Tab, so it need not be made again for a newer one.`

const shells = ['bash', 'zsh', 'fish'] as const satisfies readonly Shell[]

/** `tsbuild completion SHELL`. */
export function completionProgram(write: (text: string) => void): Command {
  const command = new Command('completion')
    .summary('print what makes a shell complete commands, flags, their values and names of images')
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
  return withHelp(command, {
    notes,
    examples: {
      'source <(tsbuild completion bash)': 'for this shell alone',
      'tsbuild completion fish | source': 'the same in fish',
    },
  }).action(async (shell: Shell) => write((await import('../completion/scripts.ts')).completionScript(shell)))
}
