import { createSocket } from 'node:dgram'

/** Answers any question of names on 127.0.0.1 with the address 192.0.2.77. */
const server = createSocket('udp4')
server.on('message', (question, { port, address }) => {
  const end = question.indexOf(0, 12) + 5
  const header = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
  const isAddress = question[end - 3] === 1
  if (!isAddress) header.writeUInt16BE(0, 6)
  const record = isAddress ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 77]) : Buffer.alloc(0)
  server.send(Buffer.concat([header, question.subarray(12, end), record]), port, address)
})
server.bind(53, '127.0.0.1')
