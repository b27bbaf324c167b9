export { breakRunnerCommands, keepColours, stripControls, visible } from '../../text/index.ts'
