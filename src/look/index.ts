export { eventsOf, type PathEvent } from './blame.ts'
export {
  type ComparedFiles,
  type ComparedLayer,
  compareFiles,
  type Difference,
  type FileDifference,
} from './compare.ts'
export { type ConfigChange, configChanges } from './config-changes.ts'
export { cutOut } from './cut-out.ts'
export { type FileFacts, factsOf } from './facts.ts'
export { type FileNode, fileTree, type Mark } from './file-tree.ts'
export { inPieces, pieceLength } from './in-pieces.ts'
export { type LayerFacts, type LayerPair, layerFacts, pairLayers } from './layers.ts'
export { type LateLayers, type Located, locate } from './locate.ts'
export { findWaste, type Waste, type WastedFile } from './waste.ts'
