/**
 * Parameters of the layers: `name=value:type` separated by semicolons, as in the seed documents (`suspect_max_idle=3:int;suspect_sweep=0.5:time`).
 * Colons may separate them too where no type is given (`suspect_max_idle=3:suspect_sweep=0.5`). Times are seconds in the text and
 * milliseconds in the code. They are part of the view: those who merge into a view take over its parameters.
 */
import { ConsortArgumentError } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { remember } from '../base/remember.js';
import { quote, show } from '../base/show.js';

interface Declaration {
  readonly type: 'int' | 'float' | 'time';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What it is for: one sentence. */
  readonly sentence: string;
}

const HOUR = 3600;

export const PARAMS = {
  suspect_sweep: {
    type: 'time',
    default: 0.5,
    min: 0.001,
    max: HOUR,
    sentence: 'Suspect: how often it is looked whether the watched have given a sign of life.',
  },
  suspect_max_idle: {
    type: 'int',
    default: 5,
    min: 1,
    max: 1000,
    sentence: 'Suspect: more sweeps than this without a sign of life, and a member is suspected.',
  },
  suspect_neighbours: {
    type: 'int',
    default: 2,
    min: 1,
    max: 1023,
    sentence: 'Suspect: how many members each one watches; the coordinator watches all.',
  },
  suspect_probe: {
    type: 'time',
    default: 0.05,
    min: 0.001,
    max: HOUR,
    sentence: 'Suspect: a watched member that is silent for this long is asked for a sign of life.',
  },
  suspect_verify: {
    type: 'time',
    default: 0.02,
    min: 0.001,
    max: HOUR,
    sentence: 'Suspect: so long a member may stay silent after the kernel said that nothing is bound to its address.',
  },
  sync_timeout: {
    type: 'time',
    default: 5,
    min: 0.01,
    max: HOUR,
    sentence: 'Sync: a member that does not answer in a view change for this long is suspected.',
  },
  merge_sweep: {
    type: 'time',
    default: 0.05,
    min: 0.001,
    max: HOUR,
    sentence:
      'Merge: how often what coordinators say to each other is repeated until it is answered; at first more often.',
  },
  merge_timeout: {
    type: 'time',
    default: 2,
    min: 0.01,
    max: HOUR,
    sentence: 'Merge: a merge that is not answered for this long is given up.',
  },
  heal_auto: {
    type: 'int',
    default: 1,
    min: 0,
    max: 1,
    sentence: 'Heal: 0, and views merge only when a member that joins asks for it.',
  },
  heal_sweep: {
    type: 'time',
    default: 1,
    min: 0.001,
    max: HOUR,
    sentence: 'Heal: how often a coordinator announces its view.',
  },
  heal_gather: {
    type: 'time',
    default: 0.003,
    min: 0,
    max: HOUR,
    sentence: 'Heal: how long a coordinator that has heard of a larger view listens for a still larger one.',
  },
  join_wait: {
    type: 'time',
    default: 0.1,
    min: 0,
    max: HOUR,
    sentence: 'How long a member that joins waits for others of its group before it is told of a view of its own.',
  },
  leave_timeout: {
    type: 'time',
    default: 5,
    min: 0.01,
    max: HOUR,
    sentence: 'Leave: how long what an old view holds is kept for those who have not confirmed the new one.',
  },
  primary_quorum: {
    type: 'int',
    default: 0,
    min: 0,
    max: 1024,
    sentence: 'Primary: a view of so many members is primary; more than half of all that there can be.',
  },
  chk_sweep: {
    type: 'time',
    default: 0.1,
    min: 0.001,
    max: HOUR,
    sentence: 'Chk_fifo, Chk_causal, Chk_agree: how often each member sends the records that are checked.',
  },
  drop_rate: {
    type: 'float',
    default: 0.01,
    min: 0,
    max: 1,
    sentence: 'Drop: the probability that an arriving frame is lost on purpose.',
  },
} as const satisfies Record<string, Declaration>;

export type ParamName = keyof typeof PARAMS;

export const PARAM_NAMES = Object.keys(PARAMS) as ParamName[];

/**
 * Parameters of Ensemble's layers whose job is done otherwise here (docs/groups.md): taken, so that strings written for it go on working, and
 * without effect.
 */
const WITHOUT_EFFECT =
  /^(top|stable|mnak|pt2pt|frag|mflow|pt2ptw|pt2ptwp|window|fz_detect|fz_decide|fz_suspect|suspect_(spacing|pad)|leave_wait|heal_wait)(_|$)/;

const TYPES = ['int', 'float', 'bool', 'time', 'string'];

export class Params {
  private constructor(private readonly values: ReadonlyMap<ParamName, number>) {}

  /** @param path says where the text came from. @throws ConsortArgumentError for what can't be read, is unknown, or is out of range */
  static parse(text: string, path = 'params'): Params {
    return new Params(parsedValues(text, path));
  }

  /** These, and of the others what `text` says. */
  withDefaults(text: string): Params {
    return new Params(new Map([...Params.parse(text).values, ...this.values]));
  }

  number(name: ParamName): number {
    return this.values.get(name) ?? PARAMS[name].default;
  }

  milliseconds(name: ParamName): number {
    return this.number(name) * 1000;
  }

  /** What differs from the defaults, in the order of the table: two texts that mean the same become one. */
  toString(): string {
    return PARAM_NAMES.flatMap((name) => {
      const value = this.values.get(name);
      return value === undefined || value === PARAMS[name].default ? [] : [`${name}=${value}:${PARAMS[name].type}`];
    }).join(';');
  }
}

const parsedValues = remember((text: string, path: string): ReadonlyMap<ParamName, number> => {
  const values = new Map<ParamName, number>();
  for (const word of split(text)) {
    const match = /^([a-z0-9_]+)=([^:]*)(?::([a-z]+))?$/.exec(word);
    const [, name, value, type] = match ?? [];
    if (name === undefined || value === undefined || (type !== undefined && !TYPES.includes(type))) {
      throw refused(path, `${quote(word)} is no parameter`, 'name=value or name=value:type, separated by semicolons');
    }
    if (isKnown(name)) values.set(name, checked(name, value, path));
    else if (!WITHOUT_EFFECT.test(name)) {
      throw refused(
        path,
        `${quote(name)} is unknown${didYouMean(name, PARAM_NAMES)}`,
        `one of ${PARAM_NAMES.join(', ')}`,
      );
    }
  }
  return values;
});

function split(text: string): string[] {
  return text
    .split(text.includes(';') ? ';' : /:(?=[a-z0-9_]+=)|\s+/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function isKnown(name: string): name is ParamName {
  return Object.hasOwn(PARAMS, name);
}

function checked(name: ParamName, text: string, path: string): number {
  const { type, min, max }: Declaration = PARAMS[name];
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (type !== 'int' || Number.isInteger(value))) return value;
  const kind = { int: 'an integer', float: 'a number', time: 'a number of seconds' }[type];
  throw refused(path, `${name} is ${show(text)}`, `${kind} from ${min} to ${max}`);
}

function refused(path: string, problem: string, want: string): ConsortArgumentError {
  return new ConsortArgumentError('ERR_INVALID_OPTION', `${path}: ${problem}, want ${want}`, {
    details: { path, want },
  });
}
