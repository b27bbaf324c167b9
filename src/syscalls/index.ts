export { getXattr, listXattrs, lockFile, makeNode, removeXattr, setXattr, splitDevice } from './files.ts'
export { joinNewKeyring } from './keyring.ts'
export { mountNowhere } from './mount.ts'
export { makePipe, type Pipe, type Reaped, reap, type Started, startProcess } from './spawn.ts'
