/** Prints what a URL gives, asked as the environment says (HTTPS_PROXY, NODE_EXTRA_CA_CERTS). */
import { openHttp, proxiesOf, readBody } from '../../../src/http/index.ts'

const http = openHttp('tsbuild-test', 5000, { proxies: proxiesOf(process.env) })
const response = await http.get({ url: new URL(process.argv[2] ?? ''), headers: {}, admit: () => {} }, undefined)
process.stdout.write(`${response.status} ${Buffer.from(await readBody(response, 1000, 'it'))}`)
http.close()
