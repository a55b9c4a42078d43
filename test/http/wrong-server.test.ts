import { expect, it } from 'vitest'
import { isWebPage, wantsHttps } from '../../src/http/wrong-server.ts'

it.each([
  [400, 'Client sent an HTTP request to an HTTPS server.\n', true],
  [400, '{"errors":[{"message":"client sent an HTTP request to an HTTPS server"}]}', true],
  [400, '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>', true],
  [400, "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />", true],
  [404, 'Client sent an HTTP request to an HTTPS server.\n', false],
  [400, 'bad request', false],
])('%i %j wants HTTPS: %s', (status, body, expected) => {
  expect(wantsHttps({ status }, body)).toBe(expected)
})

it.each([
  ['text/html; charset=utf-8', '<!-- hello --><p>', true],
  ['TEXT/HTML', '<p>', true],
  ['text/html; charset=utf-8', 'true', false],
  ['text/html', '', false],
  [undefined, '\n<!DOCTYPE html><html>', true],
  ['text/plain', '<html><body>', true],
  ['application/json', '{"a":"<html>"}', false],
  ['text/plain', 'not found', false],
  ['application/xml', '<?xml version="1.0"?><Error/>', false],
  [undefined, '', false],
])('%s %j is a web page: %s', (type, body, expected) => {
  expect(isWebPage({ headers: { 'content-type': type } }, body)).toBe(expected)
})
