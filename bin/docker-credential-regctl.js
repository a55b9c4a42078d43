#!/usr/bin/env node
const { dirname, join } = require('node:path')
const { load } = require('./compiled.js')
const { runCredentialHelper } = load(join(dirname(__dirname), 'dist/bin/docker-credential-regctl.cjs'), [])
runCredentialHelper(process.argv[2])
