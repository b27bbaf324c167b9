export { loadRegistryConfig, type RegistryConfig, withMirrors } from './config-file.ts'
export { type Mirrors, parseMirror } from './endpoint.ts'
export { openRegistry, type Registry, type RegistryOptions } from './registry.ts'
export type { RemoteImage } from './resolve.ts'
