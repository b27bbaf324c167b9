export { parseTemplate, type Template } from './template.ts'
