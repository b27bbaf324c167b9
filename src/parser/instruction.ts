import type { SourceFile, SourceRange } from '../source.ts'

/** A word as it is written: quotes, escapes and variables are still in it. */
export interface Word {
  readonly text: string
  readonly at: SourceRange
}

/** `--name=value` after the instruction word; a flag without `=` has no value. */
export interface Flag {
  readonly name: string
  readonly value?: string
  readonly at: SourceRange
}

/**
 * A here-document of RUN, COPY or ADD.
 * @see https://docs.docker.com/reference/dockerfile/#here-documents
 */
export interface Heredoc {
  /** The word after `<<`, without its quotes. */
  readonly name: string
  /** The body, each line with its line feed; leading tabs are gone already for `<<-`. */
  readonly text: string
  /** The body as written, also for `<<-`: what a shell that reads the heredoc itself gets, and what history keeps. */
  readonly raw: string
  /** False when any part of the word is quoted: no variables are expanded in the body. */
  readonly expand: boolean
  /** `<<-` */
  readonly chomp: boolean
  /** File descriptor before `<<`: 0 when there is none. */
  readonly fd: number
  /** The `<<WORD` on the instruction's line. */
  readonly at: SourceRange
}

/** JSON form (argv) or shell form (one text, for the SHELL in force). */
export type Command =
  | { readonly form: 'exec'; readonly argv: readonly string[] }
  | { readonly form: 'shell'; readonly text: string }

/** What every instruction has. */
export interface InstructionBase {
  /** From the keyword to the end of the last line, heredoc bodies included. */
  readonly at: SourceRange
  /** As written: `Run`. */
  readonly keyword: string
  /** All flags in order; the typed fields of an instruction repeat those it knows. */
  readonly flags: readonly Flag[]
  /** The whole instruction with continuations joined, without heredoc bodies. */
  readonly text: string
  /** Comment lines directly above, without `#` and one blank. */
  readonly comments: readonly string[]
}

/** NAME and raw value of ENV and LABEL; `legacy` is the form without `=`. */
export interface Pair {
  readonly name: Word
  readonly value: Word
}

export interface FromInstruction extends InstructionBase {
  readonly kind: 'from'
  readonly image: Word
  /** The value of `--platform`. */
  readonly platform?: Word
  /** The word AS, when there is one. */
  readonly as?: Word
  /** After AS, as written. */
  readonly alias?: Word
}

export interface ArgInstruction extends InstructionBase {
  readonly kind: 'arg'
  /** Names are plain; a raw default value when there is a `=`. */
  readonly args: readonly { readonly name: string; readonly value?: Word; readonly at: SourceRange }[]
}

export interface EnvInstruction extends InstructionBase {
  readonly kind: 'env'
  readonly pairs: readonly Pair[]
  readonly legacy: boolean
}

export interface LabelInstruction extends InstructionBase {
  readonly kind: 'label'
  readonly pairs: readonly Pair[]
  readonly legacy: boolean
}

export interface RunInstruction extends InstructionBase {
  readonly kind: 'run'
  /** Shell form: the text with `<<WORD` still in it; bodies are in `heredocs`. */
  readonly command: Command
  readonly heredocs: readonly Heredoc[]
  /** `--mount` flags in order, split at commas (CSV quoting undone), keys in lower case; values are still raw. */
  readonly mounts: readonly {
    readonly fields: readonly { readonly key: string; readonly value?: string; readonly at: SourceRange }[]
    readonly at: SourceRange
  }[]
  readonly devices: readonly RunDevice[]
  readonly network?: Word
  readonly security?: Word
}

/** `RUN --device`: a device by its CDI name, `vendor/class=name` or `vendor/class`. */
export interface RunDevice {
  readonly name: string
  readonly required: boolean
  readonly at: SourceRange
}

/** COPY or ADD. JSON form or words: the difference is undone, words of the JSON form have their text unquoted. */
interface FilesInstruction extends InstructionBase {
  /** Sources and last the destination. `<<WORD` sources are not in it. */
  readonly sources: readonly Word[]
  readonly dest: Word
  /** Sources that are heredocs, with the place they have among all sources. */
  readonly heredocs: readonly Heredoc[]
  readonly json: boolean
  readonly chown?: Word
  readonly chmod?: Word
  readonly link: boolean
  readonly excludes: readonly Word[]
}

export interface CopyInstruction extends FilesInstruction {
  readonly kind: 'copy'
  readonly from?: Word
  readonly parents: boolean
}

export interface AddInstruction extends FilesInstruction {
  readonly kind: 'add'
  readonly checksum?: Word
  readonly keepGitDir?: boolean
  readonly unpack?: boolean
}

export interface CmdInstruction extends InstructionBase {
  readonly kind: 'cmd'
  readonly command: Command
}

export interface EntrypointInstruction extends InstructionBase {
  readonly kind: 'entrypoint'
  readonly command: Command
}

export interface ShellInstruction extends InstructionBase {
  readonly kind: 'shell'
  readonly argv: readonly string[]
}

export interface WorkdirInstruction extends InstructionBase {
  readonly kind: 'workdir'
  readonly path: Word
}

export interface UserInstruction extends InstructionBase {
  readonly kind: 'user'
  readonly user: Word
}

export interface StopsignalInstruction extends InstructionBase {
  readonly kind: 'stopsignal'
  readonly signal: Word
}

export interface MaintainerInstruction extends InstructionBase {
  readonly kind: 'maintainer'
  readonly name: Word
}

export interface ExposeInstruction extends InstructionBase {
  readonly kind: 'expose'
  readonly ports: readonly Word[]
}

export interface VolumeInstruction extends InstructionBase {
  readonly kind: 'volume'
  readonly paths: readonly Word[]
}

export interface HealthcheckInstruction extends InstructionBase {
  readonly kind: 'healthcheck'
  /** `none` clears an inherited one. */
  readonly test: { readonly type: 'none' } | { readonly type: 'cmd'; readonly command: Command }
  /** Nanoseconds; 0 when not given. */
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
}

export interface OnbuildInstruction extends InstructionBase {
  readonly kind: 'onbuild'
  /** The trigger as it is stored in the config: the rest of the instruction, heredoc bodies included. */
  readonly trigger: string
}

export type Instruction =
  | FromInstruction
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | CmdInstruction
  | EntrypointInstruction
  | ShellInstruction
  | WorkdirInstruction
  | UserInstruction
  | StopsignalInstruction
  | MaintainerInstruction
  | ExposeInstruction
  | VolumeInstruction
  | HealthcheckInstruction
  | OnbuildInstruction

export type InstructionOf<K extends Instruction['kind']> = Extract<Instruction, { readonly kind: K }>

/** Everything that may stand in a stage. */
export type StageInstruction = Exclude<Instruction, FromInstruction>

export interface Stage {
  readonly from: FromInstruction
  /** Lower case; absent when there is no AS. */
  readonly name?: string
  readonly instructions: readonly StageInstruction[]
}

/** A Dockerfile as typed values. Nothing is expanded; every node knows where it stands. */
export interface Dockerfile {
  readonly source: SourceFile
  /** `# escape=`: also the escape inside words. */
  readonly escape: '\\' | '`'
  readonly directives: readonly { readonly name: string; readonly value: string; readonly at: SourceRange }[]
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
  /** What was accepted but smells, such as an empty continuation line. */
  readonly warnings: readonly {
    readonly rule: 'NoEmptyContinuation' | 'InvisibleCharacter'
    readonly message: string
    readonly at: SourceRange
  }[]
}
