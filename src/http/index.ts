export { isLoopbackHost, mayRedirect, type Neighbourhood, neighbourhoodOf } from './address.ts'
export { AwayError, isTransient, reasonOf } from './broken.ts'
export { drained } from './drained.ts'
export {
  type Http,
  type HttpMessage,
  type HttpRequest,
  type HttpResponse,
  type HttpSettings,
  openHttp,
  readBody,
} from './http.ts'
export { type Proxies, proxiesOf } from './proxy.ts'
export { type Answer, follow, shownUrl } from './redirect.ts'
export {
  countingTries,
  defaultPatience,
  delay,
  type Failures,
  isSuccess,
  isTransientStatus,
  type Patience,
  pause,
  retrying,
  tellBroken,
  waitAsAsked,
} from './retry.ts'
export type { Trust, Trusts } from './trust.ts'
