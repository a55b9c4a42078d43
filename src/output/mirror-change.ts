import type { MirrorChange } from '../mirror/change.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'

/** What became of an engine's file, what it names now, and what is left to do. */
export function mirrorChangeText(change: MirrorChange, style: Style): string {
  const { file, changed, mirrors, backup, diff, dryRun } = change
  if (dryRun && diff !== undefined)
    return diff
      .split('\n')
      .map(line => colored(escapeText(line), style))
      .join('\n')
  const state = changed ? 'changed' : 'unchanged'
  return [
    `${escapeText(file)}: ${state}`,
    ...(mirrors.length === 0 ? ['  no mirrors'] : mirrors.map(url => `  ${paint(escapeText(url), 'cyan', style)}`)),
    ...(backup === undefined ? [] : [paint(`what was there: ${escapeText(backup)}`, 'dim', style)]),
    ...(changed || change.reloaded ? nextSteps(change) : []),
  ].join('\n')
}

function nextSteps({ kind, reloaded, file }: MirrorChange): string[] {
  if (kind === 'hosts-toml') return ['containerd reads it at the next pull']
  if (kind === 'registries-conf') return ['Podman reads it at the next pull']
  if (reloaded) return ['Docker was reloaded and uses them']
  // Docker Desktop keeps its own daemon in a machine of its own.
  const how = /[\\/]\.docker[\\/]daemon\.json$/.test(file) ? 'restart Docker Desktop' : 'sudo systemctl reload docker'
  return [`to put it to use: ${how}`, "to see that it took: docker info --format '{{json .RegistryConfig.Mirrors}}'"]
}

function colored(line: string, style: Style): string {
  if (line.startsWith('+') && !line.startsWith('+++')) return paint(line, 'green', style)
  if (line.startsWith('-') && !line.startsWith('---')) return paint(line, 'red', style)
  return line
}
