import { isObject } from '../model/descriptor.ts'
import { hubRegistry } from '../model/reference.ts'
import type { Draft } from './event.ts'
import { type Fields, fieldsOf, repositoryIn, tagIn, textIn, timeOfSeconds } from './fields.ts'

/** Docker Hub: a push of one tag. It is not signed and has no id; its `callback_url` and `repo_url` are never fetched (3.1, T24). */
export function readHub(payload: Fields): Draft[] | undefined {
  const { push_data: push, repository } = payload
  if (!isObject(push) || !isObject(repository)) return undefined
  return [
    {
      event: 'push',
      registry: hubRegistry,
      repository: repositoryIn(fullName(repository)),
      tag: tagIn(push.tag),
      digest: null,
      actor: textIn(push.pusher),
      time: timeOfSeconds(push.pushed_at),
    },
  ]
}

function fullName(repository: Fields): unknown {
  const { repo_name: full, namespace, name } = fieldsOf(repository)
  if (full !== undefined) return full
  return typeof namespace === 'string' && typeof name === 'string' ? `${namespace}/${name}` : undefined
}
