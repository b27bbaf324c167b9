import { stripControls, widthOf } from '../../text/index.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * A terminal that gets narrower breaks the lines that stand on it, and what is drawn next would leave their ends behind: they
 * are erased first. To be called before anything else listens to the size; gives back how to stop.
 * @param drawn the lines that stand there, the cursor below them
 */
export function eraseWrapped(stream: NodeJS.WriteStream, env: Env, drawn: () => readonly string[]): () => void {
  let before = stream.columns
  const onResize = () => {
    const width = stream.columns
    const more = width < before && breaksLines(env) ? moreRows(drawn(), width) : 0
    if (more > 0) stream.write('\x1b[2K\x1b[1A'.repeat(Math.min(more, stream.rows)))
    before = width
  }
  stream.on('resize', onResize)
  return () => void stream.off('resize', onResize)
}

/** How many rows the lines take more than there are lines. */
export function moreRows(lines: readonly string[], width: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(stripControls(line)) / width)) - 1, 0)
}

/** The oldest terminals cut lines off instead. */
function breaksLines({ TMUX, XTERM_VERSION, TERM = '' }: Env): boolean {
  return TMUX !== undefined || (XTERM_VERSION === undefined && !/^(linux|rxvt)/.test(TERM))
}
