/** What answers the requests of ssh: a socket of another program, or keys of our own. */
export interface Agent {
  /** One conversation; nothing is opened before something is asked. */
  connect(): AgentConnection
}

export interface AgentConnection {
  /** The answer to a message, both without their length. One at a time. */
  request(message: Uint8Array): Promise<Uint8Array>
  close(): void
}
