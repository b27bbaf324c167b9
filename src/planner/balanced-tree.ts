/** An immutable search tree (AVL): the heights of two twigs of a branch differ by one at most. */
export interface Branch<K extends string | number, V> {
  readonly key: K
  readonly value: V
  readonly left: Twig<K, V>
  readonly right: Twig<K, V>
  readonly height: number
}

type Twig<K extends string | number, V> = Branch<K, V> | undefined

export function lookUp<K extends string | number, V>(tree: Twig<K, V>, key: K): V | undefined {
  let at = tree
  while (at && at.key !== key) at = key < at.key ? at.left : at.right
  return at?.value
}

/** The tree with a value in place of the one that the key has, or as a new one. */
export function insert<K extends string | number, V>(tree: Twig<K, V>, key: K, value: V): Branch<K, V> {
  if (!tree) return branch(undefined, { key, value }, undefined)
  if (key === tree.key) return branch(tree.left, { key, value }, tree.right)
  return key < tree.key
    ? balanced(insert(tree.left, key, value), tree, tree.right)
    : balanced(tree.left, tree, insert(tree.right, key, value))
}

/** The tree without a key. */
export function remove<K extends string | number, V>(tree: Twig<K, V>, key: K): Twig<K, V> {
  if (!tree) return undefined
  if (key < tree.key) return balanced(remove(tree.left, key), tree, tree.right)
  if (key > tree.key) return balanced(tree.left, tree, remove(tree.right, key))
  if (!tree.left || !tree.right) return tree.left ?? tree.right
  const next = first(tree.right)
  return balanced(tree.left, next, remove(tree.right, next.key))
}

/** By ascending key. */
export function* inOrder<K extends string | number, V>(tree: Twig<K, V>): Generator<readonly [K, V]> {
  const open: Branch<K, V>[] = []
  let at = tree
  while (at || open.length > 0) {
    for (; at; at = at.left) open.push(at)
    const next = open.pop()
    if (!next) return
    yield [next.key, next.value]
    at = next.right
  }
}

type Content<K, V> = { readonly key: K; readonly value: V }

function branch<K extends string | number, V>(left: Twig<K, V>, content: Content<K, V>, right: Twig<K, V>) {
  const height = Math.max(heightOf(left), heightOf(right)) + 1
  return { key: content.key, value: content.value, left, right, height }
}

/** A branch of twigs whose heights differ by two at most. */
function balanced<K extends string | number, V>(
  left: Twig<K, V>,
  content: Content<K, V>,
  right: Twig<K, V>,
): Branch<K, V> {
  if (left && left.height > heightOf(right) + 1) return rightward(left, content, right)
  if (right && right.height > heightOf(left) + 1) return leftward(left, content, right)
  return branch(left, content, right)
}

function rightward<K extends string | number, V>(left: Branch<K, V>, content: Content<K, V>, right: Twig<K, V>) {
  const inner = left.right
  if (!inner || heightOf(left.left) >= inner.height) return branch(left.left, left, branch(inner, content, right))
  return branch(branch(left.left, left, inner.left), inner, branch(inner.right, content, right))
}

function leftward<K extends string | number, V>(left: Twig<K, V>, content: Content<K, V>, right: Branch<K, V>) {
  const inner = right.left
  if (!inner || heightOf(right.right) >= inner.height) return branch(branch(left, content, inner), right, right.right)
  return branch(branch(left, content, inner.left), inner, branch(inner.right, right, right.right))
}

function first<K extends string | number, V>(tree: Branch<K, V>): Branch<K, V> {
  let at = tree
  while (at.left) at = at.left
  return at
}

function heightOf(tree: { readonly height: number } | undefined): number {
  return tree?.height ?? 0
}
