/** Latency: LATENCY (DOCTOR GRAPH HISTOGRAM HISTORY LATEST RESET HELP). */
import type { CommandDeclaration } from '../command/command.js';
import { command, type Argv, type Command } from '../command/command.js';
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import type { LatencySeries } from '../measuring/latency-monitor.js';
import { MapReply, Verbatim, type Reply } from '../resp/reply.js';
import { helpCommand } from './support/help.js';
import { sparkline } from './support/sparkline.js';

const RESTRICTED = ['admin', 'noscript', 'loading', 'stale'] as const;
const OBSERVING = ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'] as const;

const observing = (name: string, summary: string, syntax: string, run: CommandDeclaration['run']): CommandDeclaration => ({
  name, since: '2.8.13', group: 'server', complexity: 'O(1)', summary, syntax, flags: RESTRICTED, tips: OBSERVING, run: run!,
});

export const latency = command({
  name: 'latency', since: '2.8.13', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'Reports what delayed the loop.',
  syntax: '',
  subcommands: [
    observing('doctor', 'Explains the events seen and what can be done about them.', '', (_argv, _db, session) => new Verbatim(doctor(session.server))),
    observing('graph', 'Draws the samples of an event.', 'event', (argv, _db, session) => graph(session.server, argv[2]!)),
    {
      ...observing(
        'histogram', 'Returns how the durations of commands are distributed.', '[command]...',
        (argv, _db, session) => histograms(session.server, argv),
      ),
      since: '7.0.0',
      complexity: 'O(N) for N commands',
    },
    observing('history', 'Returns the samples of an event.', 'event', (argv, _db, session) => history(session.server, argv[2]!)),
    observing('latest', 'Returns the latest sample of every event.', '', (_argv, _db, session) => latest(session.server)),
    {
      ...observing(
        'reset', 'Forgets the samples of the events named, or all.', '[event]...',
        (argv, _db, session) => session.server.statistics.latency.reset(argv.slice(2)),
      ),
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    },
    helpCommand('latency', '2.8.13', [
      ['DOCTOR', 'Explains the events seen.'],
      ['GRAPH <event>', 'Draws the samples of an event.'],
      ['HISTORY <event>', 'Unix time and milliseconds of each sample of an event.'],
      ['LATEST', 'The latest and the longest sample of every event.'],
      ['RESET [<event> ...]', 'Forgets the events named, or all.'],
      ['HISTOGRAM [<command> ...]', 'How many calls took up to this many microseconds.'],
    ]),
  ],
});

function latest({ statistics }: ServerContext): Reply {
  return [...statistics.latency.events].map(([event, series]) => [event, series.latest.atSeconds, series.latest.elapsedMs, series.maxMs]);
}

function history({ statistics }: ServerContext, event: string): Reply {
  return (statistics.latency.events.get(event)?.samples ?? []).map(({ atSeconds, elapsedMs }) => [atSeconds, elapsedMs]);
}

function histograms(server: ServerContext, argv: Argv): Reply {
  const { histograms: all } = server.statistics;
  const chosen =
    argv.length === 2
      ? [...all.keys()].filter((command) => command.container === null || all.has(command))
      : argv.slice(2).flatMap((name) => named(server, name));
  return new MapReply(chosen.filter((command) => all.has(command)).flatMap((command) => [command.fullName, histogramOf(server, command)]));
}

/** Returns a command, all subcommands of a container, or one of them for `container|subcommand`. */
function named({ commands }: ServerContext, name: string): Command[] {
  const [first = '', second] = name.toLowerCase().split('|');
  const found = commands.get(first);
  if (found === undefined) return [];
  if (second !== undefined) return [found.subcommands?.get(second)].filter((command) => command !== undefined);
  return [found, ...(found.subcommands?.values() ?? [])];
}

function histogramOf({ statistics }: ServerContext, command: Command): Reply {
  const histogram = statistics.histograms.get(command)!;
  return new MapReply(['calls', histogram.total, 'histogram_usec', new MapReply(histogram.cumulative())]);
}

function graph({ statistics, clock }: ServerContext, event: string): Reply {
  const series = statistics.latency.events.get(event);
  if (series === undefined) return errors.noLatencySamples(event);
  const { samples, maxMs } = series;
  const durations = samples.map(({ elapsedMs }) => elapsedMs);
  const head = `${event} - high ${Math.max(...durations)} ms, low ${Math.min(...durations)} ms (all time high ${maxMs} ms)`;
  const nowSeconds = Math.floor(clock.nowMs / 1000);
  const bars = samples.map(({ atSeconds, elapsedMs }) => ({ value: elapsedMs, label: age(nowSeconds - atSeconds) }));
  return new Verbatim(`${head}\n${'-'.repeat(80)}\n${sparkline(bars)}`);
}

function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86400)}d`;
}

const ADVICE: { readonly [event: string]: string } = {
  command:
    'SLOWLOG GET shows the commands themselves. What is O(N) on a large key keeps every other client waiting: ' +
    'use smaller keys, or SCAN and its relatives.',
  'fast-command': 'Commands that are always fast were slow, so it is not their doing: look for another process on this CPU, or a collection of garbage.',
  'garbage-collection':
    'Garbage was collected after most of the keyspace had gone (FLUSHALL, DEL of a large key) or very large replies were sent. ' +
    'No client was ready when it began.',
  'expire-cycle': 'Many keys expire at the same time. Spread their times to live.',
  'eviction-cycle': 'Many keys are evicted at once. Raise maxmemory, or write less.',
};

function doctor({ config, statistics }: ServerContext): string {
  const thresholdMs = config.values['latency-monitor-threshold'];
  const events = [...statistics.latency.events];
  if (thresholdMs === 0 && events.length === 0) return 'Latency is not being watched. CONFIG SET latency-monitor-threshold <milliseconds> starts it.\n';
  if (events.length === 0) return `Nothing has taken ${thresholdMs} ms or longer since this began to be watched.\n`;
  const findings = events.map(([event, series], index) => `${index + 1}. ${event}: ${describe(series)}`);
  const advice = events.flatMap(([event]) => ADVICE[event] ?? []).map((text) => `- ${text}`);
  const slowerThanUs = config.values['slowlog-log-slower-than'];
  if (slowerThanUs < 0 || slowerThanUs > thresholdMs * 1000) {
    advice.push(
      '- The slow log begins later than this monitor. ' +
        `CONFIG SET slowlog-log-slower-than ${thresholdMs * 1000} lets it see the same commands.`,
    );
  }
  return `What took ${thresholdMs} ms or longer:\n\n${findings.join('\n')}\n${advice.length === 0 ? '' : `\nWhat may help:\n\n${advice.join('\n')}\n`}`;
}

function describe({ samples, maxMs }: LatencySeries): string {
  const durations = samples.map(({ elapsedMs }) => elapsedMs);
  const average = durations.reduce((total, ms) => total + ms, 0) / durations.length;
  const deviation = durations.reduce((total, ms) => total + Math.abs(ms - average), 0) / durations.length;
  return `${samples.length} samples, average ${average.toFixed(0)} ms, mean deviation ${deviation.toFixed(0)} ms, longest ever ${maxMs} ms.`;
}
