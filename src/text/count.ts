/** `1 step`, `2 steps`, `1,234 entries`. By hand: what Node has for numbers of a language takes 25 ms to load. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')} ${count === 1 ? one : many}`
}
