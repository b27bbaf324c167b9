// What tests ask a page in the browser. Read as text: the page itself has no script, and its policy allows none.
;(() => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true })
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })

  /** Any CSS colour as red, green, blue and opacity. */
  const known = new Map()
  const read = (colour) => {
    if (!known.has(colour)) known.set(colour, drawn(colour))
    return [...known.get(colour)]
  }
  const drawn = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3])).concat(1)

  /** What stands behind an element: the box of a picture, else the grounds of all it is in. */
  const groundOf = (element) => {
    const shape = element.closest('svg svg')?.querySelector('rect')
    if (shape)
      return over(read(getComputedStyle(shape).fill), groundOf(element.closest('svg.graph, svg.treemap').parentElement))
    if (!element) return [255, 255, 255, 1]
    const own = read(getComputedStyle(element).backgroundColor)
    if (own[3] === 1) return own
    return over(own, element.parentElement ? groundOf(element.parentElement) : [255, 255, 255, 1])
  }
  const light = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b)

  /** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
  const contrastOf = (element) => {
    const style = getComputedStyle(element)
    const ground = groundOf(element)
    const colour = read(element instanceof SVGElement ? style.fill : style.color)
    colour[3] *= Number(style.opacity)
    const [more, less] = [luminance(over(colour, ground)), luminance(ground)].sort((a, b) => b - a)
    return (more + 0.05) / (less + 0.05)
  }

  const textElements = () =>
    [...document.querySelectorAll('body *')].filter(
      (element) =>
        isShown(element) &&
        !element.closest('title, .sr, .skip') &&
        [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== ''),
    )
  const nameOf = (element) =>
    element.id || element.getAttribute('href') || element.getAttribute('aria-label') || element.textContent.trim()

  return {
    /** Texts that are hard to read, with their contrast. */
    hardToRead: () =>
      textElements()
        .map((element) => [element.textContent.trim().slice(0, 40), element.getAttribute('class'), contrastOf(element)])
        .filter(([, , contrast]) => contrast < 4.5),
    textElements: () => textElements().length,
    /** All that the keyboard has to come to, in the order of the page; of radio buttons the one that is chosen. */
    stops: () =>
      [...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')]
        .filter((element) => isShown(element) && (element.type !== 'radio' || element.checked))
        .map(nameOf),
    focused: () => (document.activeElement === document.body ? '' : nameOf(document.activeElement)),
    unnamed: () =>
      [...document.querySelectorAll('input, [role=img], [role=region], [role=group], nav, section, summary, a')]
        .filter((element) => {
          const label = document.getElementById(element.getAttribute('aria-labelledby'))
          return !(
            element.getAttribute('aria-label') ||
            label?.textContent ||
            element.labels?.[0]?.textContent ||
            element.textContent.trim()
          )
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    sameIds: () => {
      const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
      return ids.filter((id, i) => ids.indexOf(id) !== i)
    },
    deadLinks: () =>
      [...document.querySelectorAll('a[href]')]
        .map((link) => link.getAttribute('href'))
        .filter((href) => !href.startsWith('#') || !document.getElementById(href.slice(1))),
    headings: () => [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => tagName).join(' '),
    openAll: () =>
      document.querySelectorAll('details').forEach((details) => {
        details.open = true
      }),
    width: () => document.documentElement.scrollWidth,
    ground: () => read(getComputedStyle(document.documentElement).backgroundColor)[0],
  }
})()
