import { main } from '../../../src/cli/main.ts'

// The command line of the sources, each in a file of its own.
await main()
