/** Passes messages on, with what is said beside them, but none a second time. */
export function eachOnce<T extends readonly unknown[]>(
  tell: (message: string, ...beside: T) => void,
): (message: string, ...beside: T) => void {
  const told = new Set<string>()
  return (message, ...beside) => {
    if (told.has(message)) return
    told.add(message)
    tell(message, ...beside)
  }
}
