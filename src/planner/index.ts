export { plan } from './plan.ts'
export type { BaseImage, BaseImages, NamedContext, PlanRequest } from './request.ts'
