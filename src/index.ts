/** The library's front door: `import { createClient, copy } from 'regctl-js'`. */

export type { OnTransferEvent, TransferEvent } from './artifact/events.ts'
export { listReferrers, type ReferrerSummary, type SizedReferrer, withFileSizes } from './artifact/list.ts'
export { bytesPart, filePart, type Part, type ReadPart, streamPart } from './artifact/parts.ts'
export {
  type ArtifactFile,
  type FileSelection,
  type PulledFile,
  type PullOptions,
  pullArtifact,
} from './artifact/pull.ts'
export { type PushArtifactOptions, pushArtifact } from './artifact/push.ts'
export { artifactTree, type Relation, type TreeNode, type TreeOptions } from './artifact/tree.ts'
export type {
  Catalog,
  CatalogOptions,
  Limits,
  RepositorySummary,
  SearchOptions,
  TagDetails,
} from './catalog/catalog.ts'
export { searchRegistry } from './catalog/search.ts'
export type { Accounts, LoginOptions, LoginResult } from './client/accounts.ts'
export type { Diagnose, DiagnoseOptions } from './client/doctor.ts'
export type { TagDetailOptions } from './client/tag-details.ts'
export { type Client, type ClientOptions, createClient, type Opener, type OpenOptions } from './client.ts'
export {
  type AddOptions as AddToIndexOptions,
  addToIndex,
  type ComposedIndex,
  type CreateOptions as CreateIndexOptions,
  createIndex,
  type RemoveOptions as RemoveFromIndexOptions,
  removeFromIndex,
} from './compose/compose.ts'
export type { IndexSource } from './compose/entries.ts'
export type { IndexWords } from './compose/write.ts'
export { type Config, type ConfigFlags, type GivenLogin, loadConfig } from './config/config.ts'
export type { HostSettings, MirrorSettings } from './config/hosts.ts'
export type { EnginePaths, Paths, Surroundings } from './config/paths.ts'
export { copy } from './copy/copy.ts'
export type { CopyEvent, OnCopyEvent } from './copy/events.ts'
export type { ImageFormat } from './copy/format.ts'
export { type CopyToManyResult, copyToMany, type FailedDestination } from './copy/many.ts'
export type { CopyOptions } from './copy/options.ts'
export type { FailedTag } from './copy/plan.ts'
export type { Companions } from './copy/referrers.ts'
export type { CopyResult } from './copy/result.ts'
export { type Selection, selectImage, selectPlatforms } from './copy/select.ts'
export { type CopiedTag, type CopyTagsResult, copyTags } from './copy/tags.ts'
export type { CopyTotals } from './copy/totals.ts'
export type { Credential, CredentialSource, CredentialStore, FoundCredential } from './credentials/credentials.ts'
export type { StoreKind } from './credentials/login-stores.ts'
export type { Diagnosis, Step, StepName } from './doctor/diagnosis.ts'
export type { Wait } from './http/pace.ts'
export type { Quota } from './http/quota.ts'
export { createRateLimit, type RateLimit } from './http/rate.ts'
export type { Retry } from './http/retry.ts'
export type { Exchange } from './http/trace.ts'
export { describeBlob, readBlob, type SaveOptions as SaveBlobOptions, saveBlob } from './image/blob.ts'
export type { ImageConfig } from './image/config.ts'
export { type Diff, type Difference, diffReports, type LayerDiff, type PlatformDiff } from './image/diff.ts'
export {
  type ImageReport,
  type IndexReport,
  inspect,
  isIndexReport,
  type LayerSummary,
  type Report,
} from './image/inspect.ts'
export { type Naming, type NamingOptions, resolveTags, tagsNaming } from './image/naming.ts'
export type { PlatformSummary } from './image/platforms.ts'
export { type PullCommands, type PullTool, pullCommands } from './image/pull-command.ts'
export { type PutManifestOptions, putManifest } from './image/put-manifest.ts'
export { type Doomed, planPattern, planRemoval, type RemovalPlan } from './image/removal-plan.ts'
export { type Removed, type RemoveOptions as RemoveManifestsOptions, removeManifests } from './image/remove.ts'
export { type Retagged, retag, type TagOutcome } from './image/retag.ts'
export { type DetailSort, orderTags, type TagOrder } from './image/tag-order.ts'
export { describeTags, type TagSummary } from './image/tags.ts'
export { type Untag, type UntagOptions, type UntagWay, untag } from './image/untag.ts'
export { type Untagged, type UntagMatchingOptions, untagMatching } from './image/untag-matching.ts'
export {
  type ChangeOptions as ChangeMirrorsOptions,
  changeMirrors,
  type MirrorChange,
  type Target as MirrorFile,
} from './mirror/change.ts'
export { type Ran, type Run, runIn } from './mirror/dockerd.ts'
export type { Change as MirrorEdit } from './mirror/edit.ts'
export { type ListedMirror, type ListOptions as ListMirrorsOptions, listMirrors } from './mirror/list.ts'
export type { MirrorConnection, MirrorState, Probe } from './mirror/probe.ts'
export {
  type MirrorTest,
  type RankedMirror,
  type TestedMirror,
  type TestOptions as TestMirrorsOptions,
  testMirrors,
} from './mirror/test-mirrors.ts'
export type { Open } from './model/content.ts'
export { type Descriptor, descriptorOf, type Platform, parseDescriptor } from './model/descriptor.ts'
export { type Digest, digestOf, isDigest, parseDigest } from './model/digest.ts'
export {
  type ErrorCode,
  InvalidContentError,
  isNotFound,
  MismatchError,
  NotFoundError,
  RegctlError,
} from './model/errors.ts'
export { formatLocation, type Location, parseLocation } from './model/location.ts'
export {
  emptyDescriptor,
  type ImageManifest,
  type IndexManifest,
  type Manifest,
  parseManifest,
} from './model/manifest.ts'
export { mediaTypes } from './model/media-types.ts'
export type { Notice, Notify } from './model/notice.ts'
export { choosePlatform, formatPlatform, isAttestation, parsePlatform } from './model/platform.ts'
export type { Product as CatalogProduct } from './model/product.ts'
export { formatReference, parseReference, type Reference } from './model/reference.ts'
export { selectTags, type TagSelection } from './model/tags.ts'
export { RegistryError } from './registry/errors.ts'
export { parseHtpasswd, type Users } from './server/htpasswd.ts'
export { layoutRepositories } from './server/layout-repositories.ts'
export { memoryRepositories, type Repositories } from './server/repositories.ts'
export { createRegistryServer, type RegistryServer, type ServerOptions } from './server/server.ts'
export { archiveStore, dockerArchiveStore } from './store/archive.ts'
export type { Pipes } from './store/archive-file.ts'
export type { ArchiveOptions } from './store/archive-parts.ts'
export { layoutStore } from './store/layout.ts'
export { memoryStore } from './store/memory.ts'
export { type MirroredOptions, type MirroredStore, mirrored } from './store/mirrored.ts'
export type { Mirror, MirrorMemory } from './store/mirrors.ts'
export { formatPlace } from './store/place.ts'
export { readManifest, readVerified } from './store/read.ts'
export type { Served } from './store/served.ts'
export type {
  Address,
  Checkpoint,
  FetchOptions,
  Options,
  Place,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  Source,
  Store,
} from './store/store.ts'
export type { EventWord, Product as WebhookProduct, WebhookEvent } from './webhook/event.ts'
export { listenForWebhooks, type WebhookListener, type WebhookListenerOptions } from './webhook/listen.ts'
export { type NormalizeOptions, type Notices, normalize as normalizeWebhook } from './webhook/normalize.ts'
export type { ReceiverOptions as WebhookReceiverOptions } from './webhook/receiver.ts'
export type { Reason as RefusalReason, Tally } from './webhook/tally.ts'
