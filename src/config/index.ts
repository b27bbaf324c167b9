export { defineConfig, type TsbuildConfig } from './config.ts'
export { type ConfigFacts, type FoundConfig, findConfig } from './find.ts'
export { readConfig } from './late.ts'
