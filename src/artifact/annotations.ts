/** The name of a file within an artifact, as oras and others write it (item 96). */
export const titleKey = 'org.opencontainers.image.title'

/** `true` on a layer that oras made of a folder: a compressed tar under the folder's name. */
export const unpackKey = 'io.deis.oras.content.unpack'

export const createdKey = 'org.opencontainers.image.created'
