// Run me: node examples/messages.mjs
// Typed messages: three libraries, in one process. Anna's asks the others for a book; they answer how many they have, and those that have some
// are told about each other. What was pushed last is popped first: that is the kind of the message, and below it is what that kind has.
import { EndpointList, GroupMember, Message } from 'consort';

class Library extends GroupMember {
  holders = new EndpointList();
  answers = 0;
  told = false;

  constructor(name, books) {
    super({ groupName: 'libraries', properties: 'Frag:Flow', address: '127.0.0.1:0' });
    this.name = name;
    this.books = books;
  }

  ask(title) {
    this.cast(new Message().push(title).push('who has'));
  }

  onReceiveCast(origin, message) {
    this.handle(origin, message);
  }

  onReceiveSend(origin, message) {
    this.handle(origin, message);
  }

  handle(origin, message) {
    const kind = message.popString();
    if (kind === 'who has') this.answer(origin, message.popString());
    if (kind === 'I have') this.count(origin, message.popString(), message.popInteger());
    if (kind === 'they have') this.hear(message.popString(), message.popEndpoints());
  }

  answer(origin, title) {
    this.send(
      origin,
      new Message()
        .push(this.books[title] ?? 0)
        .push(title)
        .push('I have'),
    );
  }

  count(origin, title, books) {
    console.log(`${this.name}: rank ${this.view.members.indexOf(origin)} has ${books} of ${title}`);
    if (books > 0) this.holders.add(origin);
    if (++this.answers < this.view.nmembers - 1) return;
    this.send(this.holders, new Message().push(this.holders).push(title).push('they have'));
    this.told = true;
  }

  hear(title, holders) {
    const ranks = this.view.members.flatMap((member, rank) => (holders.has(member) ? [rank] : []));
    console.log(`${this.name}: ${title} is at ranks ${ranks.join(' and ')}`);
    this.told = true;
  }
}

const libraries = [
  new Library('Anna', {}),
  new Library('Boris', { Middlemarch: 2 }),
  new Library('Clara', { Middlemarch: 1, Emma: 3 }),
];
await Promise.all(libraries.map((library) => library.open()));
const members = libraries.map((library) => library.myEndpoint);
await Promise.all(libraries.map((library) => library.join({ members })));

libraries[0].ask('Middlemarch');
while (!libraries.every((library) => library.told)) await new Promise((resolve) => setTimeout(resolve, 5));
await Promise.all(libraries.map((library) => library.close()));
