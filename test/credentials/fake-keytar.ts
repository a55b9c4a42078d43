import type { Keytar } from '../../src/credentials/keychain.ts'

/** A keychain in memory; `items` are keyed by service and account with a space between. */
export function fakeKeytar(): { keytar: Keytar; items: Map<string, string> } {
  const items = new Map<string, string>()
  const keytar: Keytar = {
    getPassword: async (service, account) => items.get(`${service} ${account}`) ?? null,
    setPassword: async (service, account, password) => {
      items.set(`${service} ${account}`, password)
    },
    deletePassword: async (service, account) => items.delete(`${service} ${account}`),
    findCredentials: async service =>
      [...items]
        .filter(([key]) => key.startsWith(`${service} `))
        .map(([key, password]) => ({ account: key.slice(service.length + 1), password })),
  }
  return { keytar, items }
}
