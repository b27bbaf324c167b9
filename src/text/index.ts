export { breakRunnerCommands, keepColours, stripControls, visible } from './escape.ts'
export { humanSize, transferSize } from './size.ts'
export { cut, ellipsis, pad, widthOf } from './width.ts'
