export type { ContainerConfig, Healthcheck, History, ImageConfig } from './config.ts'
export { type Descriptor, mediaTypes, type Platform } from './descriptor.ts'
export type { Image, Index, Manifest } from './image.ts'
export type { Layer, Snapshot } from './layer.ts'
