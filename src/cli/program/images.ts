import { Command, Option } from 'commander'
import type { ImportFlags, LoadFlags, SaveFlags } from '../commands/archives.ts'
import type { ImagesFlags, InspectFlags } from '../commands/images.ts'
import { withHelp } from './help.ts'
import { limitFlag, type Run, repeatable } from './run.ts'

const images = () => import('../commands/images.ts')
const archives = () => import('../commands/archives.ts')

const imagesNotes = `
SIZE is that of the layers as the store has them: what was built here is not compressed, what was pulled is as it came.
tsbuild history counts the files in them, tsbuild du the disk.

Filters: reference=PATTERN, dangling=true|false, label=NAME[=VALUE], before=IMAGE, since=IMAGE.
Placeholders of --format: .Repository .Tag .ID .Digest .CreatedSince .CreatedAt .Size .Platform`

/** The commands that look at and name images of the store. */
export function imagePrograms(run: Run): readonly Command[] {
  return [
    withHelp(
      new Command('images')
        .summary('list the images of the store')
        .argument('[repository]', 'only images of this repository or name; * for any letters but /')
        .optionsGroup('What is printed:')
        .addOption(repeatable('-f, --filter <condition>', 'show only some: reference=me/*, dangling=true, label=a=b'))
        .addOption(new Option('-a, --all', 'all are shown in any case').hideHelp())
        .option('-q, --quiet', 'show only image ids')
        .option('--no-trunc', 'show whole ids')
        .option('--digests', 'show the digests that names have in their registries, once pushed or pulled')
        .option('--format <format>', 'table, json, or a Go template, also after "table "')
        .action((repository: string | undefined, flags: ImagesFlags) =>
          run('documents', async (session) => (await images()).listCommand(session, repository, flags)),
        ),
      {
        notes: imagesNotes,
        examples: {
          'tsbuild images': 'all of the store',
          "tsbuild images --format '{{.Repository}}:{{.Tag}} {{.Size}}'": 'a line for each, for programs',
          'tsbuild images ghcr.io/me/app': 'those of one repository',
        },
      },
    ),
    withHelp(
      new Command('inspect')
        .summary('show what is known of an image, as JSON')
        .argument('<image...>', 'names or ids')
        .optionsGroup('What is printed:')
        .option('-f, --format <format>', 'json, or a Go template: {{.Config.Cmd}}, {{json .Config.Env}}')
        .optionsGroup('Which image:')
        .option('--platform <os/arch>', 'which image of an index (default: that for this machine)')
        .action((names: readonly string[], flags: InspectFlags) =>
          run('documents', async (session) => (await images()).inspectCommand(session, names, flags)),
        ),
      {
        examples: {
          'tsbuild inspect app': 'all that is known',
          "tsbuild inspect --format '{{json .Config.Env}}' app": 'a part of it',
        },
      },
    ),
    withHelp(
      new Command('tag')
        .summary('give an image one more name')
        .argument('<image>', 'name or id')
        .argument('<name>', 'new name: repository[:tag]')
        .action((name: string, newName: string) =>
          run('documents', async (session) => (await images()).tagCommand(session, name, newName)),
        ),
      { examples: { 'tsbuild tag app ghcr.io/me/app:1': 'a name to push it under' } },
    ),
    withHelp(
      new Command('rmi')
        .summary('remove names of images; the last one takes the image with it')
        .argument('<image...>', 'names or ids')
        .optionsGroup('How:')
        .addOption(new Option('-f, --force', 'no error for an image that is not there'))
        .action((names: readonly string[], flags: { readonly force?: true }) =>
          run('trees', async (session) => (await images()).removeCommand(session, names, flags.force ?? false)),
        ),
      { examples: { 'tsbuild rmi app:old': 'one name; tsbuild prune gives the room back' } },
    ),
  ]
}

/** The commands that carry images in and out of the store. */
export function archivePrograms(run: Run): readonly Command[] {
  return [
    withHelp(
      new Command('save')
        .summary('write images to an archive')
        .argument('<image...>', 'names or ids')
        .optionsGroup('What comes out:')
        .option('-o, --output <file>', 'archive to write (default: standard output)', '-')
        .addOption(new Option('--format <format>', 'kind of archive').choices(['docker', 'oci']).default('oci'))
        .option(
          '--platform <os/arch>',
          'which image of an index (default: all; in a docker archive that for this machine)',
        )
        .action((names: readonly string[], { output, format, platform }: SaveFlags) =>
          run('trees', async (session) => (await archives()).saveCommand(session, names, output, format, platform)),
        ),
      {
        examples: {
          'tsbuild save -o app.tar app': 'an OCI archive',
          'tsbuild save --format docker app | docker load': 'into a Docker engine',
        },
      },
    ),
    withHelp(
      new Command('load')
        .summary('read images from an archive of docker or OCI')
        .argument('[file]', 'the same as --input')
        .optionsGroup('What is read:')
        .option('-i, --input <file>', 'archive to read (default: standard input)')
        .option('-q, --quiet', 'accepted: there is no progress to leave out')
        .addOption(limitFlag())
        .action((file: string | undefined, flags: LoadFlags) =>
          run('trees', async (session) => (await archives()).loadCommand(session, file, flags)),
        ),
      {
        examples: {
          'tsbuild load app.tar': 'from a file',
          'docker save app | tsbuild load': 'from a Docker engine',
        },
      },
    ),
    withHelp(
      new Command('import')
        .summary('make an image of one layer from a tar')
        .argument('<file>', 'a tar of a root file system, also compressed; - for standard input')
        .argument('[name]', 'name of the image: repository[:tag]')
        .optionsGroup('What comes out:')
        .addOption(repeatable('-c, --change <instruction>', 'a Dockerfile instruction for its config: CMD ["sh"]'))
        .option('-m, --message <text>', 'comment of its row in the history')
        .option('--platform <os/arch>', 'platform of the image (default: of this machine)')
        .addOption(limitFlag())
        .action((file: string, name: string | undefined, flags: ImportFlags) =>
          run('trees', async (session) => (await archives()).importCommand(session, file, name, flags)),
        ),
      {
        examples: {
          'tsbuild import rootfs.tar.gz base:1': 'a root file system as an image',
          'tsbuild import -c \'CMD ["sh"]\' - base < rootfs.tar': 'with a command, from standard input',
        },
      },
    ),
  ]
}
