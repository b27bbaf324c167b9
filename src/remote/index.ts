export { checkRemotes } from './check.ts'
export {
  type Checkout,
  type FetchedFile,
  type Login,
  openRemotes,
  type RemoteOptions,
  type Remotes,
} from './remotes.ts'
