import { main } from '../../../src/cli/main.ts'

// The command line of the sources, whatever dist/ holds.
await main()
