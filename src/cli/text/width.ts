export { cut, ellipsis, pad, widthOf } from '../../text/index.ts'
