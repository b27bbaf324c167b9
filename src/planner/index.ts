export { type CheckReport, check } from './checks/check.ts'
export { plan } from './plan.ts'
export { type GitFlags, type GitReference, gitOp, parseGitReference, showGitReference } from './remote/git-reference.ts'
export type { BaseImage, BaseImages, NamedContext, PlanRequest } from './request.ts'
