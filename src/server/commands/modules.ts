/** Modules: MODULE (LIST LOAD LOADEX UNLOAD HELP). There are none, and none can be loaded: they are machine code written for Redis's own structures. */
import { command, type CommandDeclaration } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import { helpCommand } from './support/help.js';

const RESTRICTED = ['admin', 'noscript'] as const;

/** Declares a subcommand that changes the loaded modules, which a setting must allow. */
function loader(declaration: Pick<CommandDeclaration, 'name' | 'since' | 'summary' | 'syntax' | 'run'>): CommandDeclaration {
  return { group: 'server', complexity: 'O(1)', flags: [...RESTRICTED, 'no_async_loading'], allowedBy: 'enable-module-command', ...declaration };
}

/** As Redis does for a file that is no module: the client is told to read the log, which has the reason. */
function refuse(path: string, { server }: Session): typeof errors.MODULE_NOT_LOADED {
  server.log('warning', `Module ${path} failed to load: modules are machine code for redis-server, and redis-lab is none`);
  return errors.MODULE_NOT_LOADED;
}

export const module = command({
  name: 'module', since: '4.0.0', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'A container for commands about modules, of which there are none.',
  syntax: '',
  subcommands: [
    {
      name: 'list', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Lists the modules: always none.',
      syntax: '', flags: RESTRICTED, tips: ['nondeterministic_output_order'],
      run: () => [],
    },
    loader({
      name: 'load', since: '4.0.0', summary: 'Refused: modules cannot be loaded here.', syntax: 'path [arg...]',
      run: (argv, _db, session) => refuse(argv[2]!, session),
    }),
    loader({
      name: 'loadex', since: '7.0.0', summary: 'Refused: modules cannot be loaded here.',
      syntax: 'path [CONFIG {name value}]... [ARGS {arg}...]',
      run: (argv, _db, session) => refuse(argv[2]!, session),
    }),
    loader({ name: 'unload', since: '4.0.0', summary: 'Refused: there is no module of that name.', syntax: 'name', run: () => errors.NO_SUCH_MODULE }),
    helpCommand('module', '5.0.0', [
      ['LIST', 'The modules that are loaded: none.'],
      ['LOAD <path> [<arg> ...]', 'Refused: modules cannot be loaded here.'],
      ['LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]', 'Refused likewise.'],
      ['UNLOAD <name>', 'Refused: there is no such module.'],
    ]),
  ],
});
