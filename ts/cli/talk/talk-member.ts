/**
 * A member that talks. In each view with newcomers everybody casts its name: since casts are in order, a name is known before the first text of
 * its owner. What a view changes is shown when all names are known, and texts of the view after it.
 */
import { GroupMember } from '../../api/group-member.js';
import type { GroupMemberOptions } from '../../api/option-table.js';
import type { ViewData } from '../../api/view.js';
import type { Endpoint } from '../../base/endpoint.js';
import type { Message } from '../../base/message.js';
import { decode, describeView, encodeName } from './wording.js';

/** Who says no name for so long is shown by its address: it may be another program. */
const NAMES_MS = 1000;
/** Texts that wait for names. */
const MOST_WAITING = 1000;

export class TalkMember extends GroupMember {
  private readonly names = new Map<string, string>();
  /** Those that the last line about a view told of, by endpoint. */
  private shown: ReadonlyMap<string, string> | undefined;
  private waiting: string[] = [];
  private untold: NodeJS.Timeout | undefined;

  constructor(
    options: GroupMemberOptions,
    private readonly myName: string,
    private readonly show: (line: string) => void,
  ) {
    super(options);
  }

  override onAcceptedView(view: ViewData): void {
    this.names.set(view.myEndpoint.name, this.myName);
    if (view.newMembers.some((member) => member !== view.myEndpoint)) this.cast(encodeName(this.myName));
    this.untold ??= setTimeout(() => this.tell(), NAMES_MS);
    this.tellWhenKnown();
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    const said = decode(message.text());
    if (said.type === 'name') {
      this.names.set(origin.name, said.name || origin.name);
      return this.tellWhenKnown();
    }
    this.waiting.push(`${this.nameOf(origin)}: ${said.text}`);
    if (this.untold === undefined || this.waiting.length >= MOST_WAITING) this.tell();
  }

  override onExit(): void {
    this.tell();
    this.shown = undefined;
    this.names.clear();
  }

  /** The members of the view, a line each: name, address, and who coordinates. */
  who(): string[] {
    const { view } = this;
    return (view?.members ?? []).map((member, rank) => {
      const marks = [...(member === view?.myEndpoint ? ['you'] : []), ...(rank === 0 ? ['coordinates'] : [])];
      return `* ${this.nameOf(member)}  ${member}${marks.length > 0 ? `  (${marks.join(', ')})` : ''}`;
    });
  }

  describeView(): string[] {
    const { view } = this;
    if (view === undefined) return ['* there is no view'];
    const { viewId, nmembers, myRank, protocol, groupName } = view;
    return [
      `* view ${viewId.time} of '${groupName}', coordinated by ${this.nameOf(view.coordinator)}: ${nmembers} members, you are number ${myRank}`,
      `* stack: ${protocol}`,
    ];
  }

  private tellWhenKnown(): void {
    if (this.view?.members.every(({ name }) => this.names.has(name)) === true) this.tell();
  }

  private tell(): void {
    clearTimeout(this.untold);
    this.untold = undefined;
    const { view, shown } = this;
    if (view !== undefined) this.tellOf(view, shown);
    for (const line of this.waiting.splice(0)) this.show(line);
  }

  private tellOf(view: ViewData, shown: TalkMember['shown']): void {
    const here = new Map(view.members.map((member) => [member.name, this.nameOf(member)]));
    const came = [...here].filter(([member]) => shown?.has(member) !== true).map(([, name]) => name);
    const gone = [...(shown ?? [])].filter(([member]) => !here.has(member)).map(([, name]) => name);
    this.shown = here;
    for (const member of this.names.keys()) if (!here.has(member)) this.names.delete(member);
    if (came.length === 0 && gone.length === 0) return;
    const all = view.members.map((member) => this.nameOf(member) + (member === view.myEndpoint ? ' (you)' : ''));
    this.show(describeView(view.groupName, came, gone, all, shown === undefined));
  }

  private nameOf(member: Endpoint): string {
    return this.names.get(member.name) ?? member.name;
  }
}
