/**
 * Users: the users that a server knows, by name. There is one, `default`, which every new connection is.
 */
import { User } from './user.js';

export class Users {
  readonly default = new User('default');

  get(name: string): User | undefined {
    return name === this.default.name ? this.default : undefined;
  }
}
