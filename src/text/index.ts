export { breakRunnerCommands, keepColours, stripControls, visible } from './escape.ts'
export { humanSize, transferSize } from './size.ts'
export { squeezed } from './squeezed.ts'
export { cut, ellipsis, pad, widthOf } from './width.ts'
