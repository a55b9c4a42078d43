#!/usr/bin/env node
// The name is put together so that type checking works before the first build.
const { runCredentialHelper } = await import(new URL('../dist/bin/docker-credential-regctl.js', import.meta.url).href)
await runCredentialHelper(process.argv[2])
