/** Registries whose own interfaces say more than the protocol does; `registry` is any other. */
export const products = ['docker-hub', 'harbor', 'nexus', 'registry'] as const

/** See {@link products}. */
export type Product = (typeof products)[number]

/** Whether the text names a product. */
export function isProduct(text: unknown): text is Product {
  return products.some(product => product === text)
}
