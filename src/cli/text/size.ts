export { humanSize, transferSize } from '../../text/index.ts'
