export { type AuthFile, authFilesOf, loginFile } from './auth-files.ts'
export { type Login, type Logins, noLogins } from './login.ts'
export { filesWithLogin, openLogins } from './open.ts'
export { forgetLogin, keepLogin } from './write.ts'
