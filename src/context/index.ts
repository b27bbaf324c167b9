export { findIgnoreFile } from './find-ignore-file.ts'
export { type IgnoreRule, readIgnoreFile } from './ignore-file.ts'
export { type Context, openContext } from './open-context.ts'
