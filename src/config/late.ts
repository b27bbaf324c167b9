import type { readConfig as ReadConfig } from './read.ts'

/** What reads a config file is loaded with the first one: most builds have none. */
export const readConfig: typeof ReadConfig = async (file) => (await import('./read.ts')).readConfig(file)
