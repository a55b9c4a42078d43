/** A public mirror of Docker Hub and what was known of it in November 2026: a reason to probe it, not a promise. */
export interface Candidate {
  url: string
  known: string
}

/** Aliyun's accelerator has an address for each account: it is tested by its own address alone (PROTOCOL 3.5). */
export const accelerators: readonly Candidate[] = [
  { url: 'https://docker.m.daocloud.io', known: 'DaoCloud: a list of allowed images; tags up to an hour old' },
  { url: 'https://mirror.gcr.io', known: 'Google: only images that are asked for often' },
  {
    url: 'https://hub-mirror.c.163.com',
    known: 'NetEase: unreliable for years, 502 and incomplete layers were reported',
  },
  {
    url: 'https://mirror.baidubce.com',
    known: 'Baidu: reported gone in December 2024, and dependent on the region before',
  },
  { url: 'https://mirror.ccs.tencentyun.com', known: "Tencent: only from inside Tencent's cloud" },
]

const aliyun = /^https?:\/\/[^/]+\.mirror\.aliyuncs\.com$/

/** What is known of a mirror's address; `undefined` for one that we know nothing of. */
export function knownOf(url: string): string | undefined {
  if (aliyun.test(url))
    return "Aliyun, per account: since July 2024 only from Alibaba's cloud (403 from elsewhere); newest images are no longer synced"
  return accelerators.find(each => each.url === url)?.known
}
