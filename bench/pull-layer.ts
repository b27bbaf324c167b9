import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LayerFile, layerOf } from './layout.ts'

/** Makes a compressed layer of `files/` in the folder, and takes those away. The same files give the same bytes. */
export function packLayer(folder: string): void {
  const [files, tar] = [join(folder, 'files'), join(folder, 'layer.tar')]
  const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar']
  execFileSync('tar', ['cf', tar, ...fixed, '-C', files, 'usr'])
  rmSync(files, { recursive: true })
  const [diffId = ''] = execFileSync('sha256sum', [tar], { encoding: 'utf8' }).split(' ')
  writeFileSync(join(folder, 'diff-id'), `sha256:${diffId}`)
  execFileSync('gzip', ['-6', '-n', tar])
}

export function packedLayer(folder: string): Promise<LayerFile> {
  return layerOf(join(folder, 'layer.tar.gz'), readFileSync(join(folder, 'diff-id'), 'utf8'))
}
