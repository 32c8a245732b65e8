import type { Example, Named } from './example';
import { newKey, USER_ERRORS } from '../written';

/** A query of the mailbox, for each role that writes to others. */
export const MAILBOX: Example = {
  title: 'My mailbox',
  query: `# The conversation with the latest message
# comes first. Only participants read it.
query Mailbox {
  viewer {
    unreadMessages
    mailboxSettings {
      signature
      officeHours {
        weekdays
        startsAt
        endsAt
      }
    }
  }
  conversations(first: 10) {
    nodes {
      id
      title
      isGroup
      hasLeft
      participants {
        displayName
      }
      unreadCount
      messages(first: 3) {
        nodes {
          sentAt
          body
          signature
          isRead
          author {
            displayName
          }
        }
      }
    }
  }
}
`,
};

/** A query of the inbox, for students and parents. */
export const INBOX: Example = {
  title: 'My notifications',
  query: `# Each is of an object as it is now. Letters
# go to the address of the profile; the page
# /demo/mail shows those of the demo.
query Notifications {
  viewer {
    unreadNotifications
    notificationSettings {
      channels
      language
      timeZone
      quietHours {
        startsAt
        endsAt
      }
      digest {
        frequency
        weekday
        at
      }
      kinds {
        kind
        channels
      }
    }
  }
  notifications(first: 10) {
    nodes {
      kind
      at
      isRead
      student {
        displayName
      }
      object {
        __typename
        id
        ... on Mark {
          value
          subject {
            name
          }
        }
        ... on Announcement {
          title
        }
      }
    }
  }
}
`,
};

/** Marks all notifications up to now as read. */
const READ_NOTIFICATIONS: Example = {
  title: 'Act: mark notifications as read',
  query: `# All up to the latest that was shown: what
# comes later stays unread.
mutation ReadNotifications($input: MarkNotificationsReadInput!) {
  markNotificationsRead(input: $input) {
    viewer {
      unreadNotifications
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ notifications(first: 1) { nodes { at } } }',
    variables: ({ notifications }: { notifications: { nodes: { at: string }[] } | null }) => ({
      input: { until: notifications?.nodes[0]?.at ?? '2026-11-18T12:00:00Z' },
    }),
  },
};

/** Chooses a weekly digest and letters about marks. */
const CHOOSE_LETTERS: Example = {
  title: 'Act: choose letters and a digest',
  query: `# Kinds that are not named stay as they are.
mutation ChooseLetters($input: SetNotificationSettingsInput!) {
  setNotificationSettings(input: $input) {
    settings {
      digest {
        frequency
        weekday
        at
      }
      kinds {
        kind
        channels
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { role } }',
    variables: () => ({
      input: {
        kinds: [{ kind: 'MARK', channels: ['INBOX', 'EMAIL'] }],
        digest: { frequency: 'WEEKLY', weekday: 'SUNDAY', at: '18:00' },
      },
    }),
  },
};

/** What students and parents do with their inbox. */
export const NOTIFIED = [READ_NOTIFICATIONS, CHOOSE_LETTERS];

/** A query of current announcements, and of the banners that every page shows. */
export const FEED: Example = {
  title: 'Announcements',
  query: `# The latest comes first. Every page shows
# the banners.
query Announcements {
  viewer {
    unreadAnnouncements
  }
  banners {
    id
    title
  }
  announcements(first: 10) {
    nodes {
      id
      title
      body
      publishedAt
      validUntil
      isRead
      author {
        displayName
      }
      classes {
        name
      }
    }
  }
}
`,
};

interface Recipients {
  messageRecipients: { nodes: Named[] } | null;
}

const letterTo = (category: string, text: string): Example => ({
  title: 'Act: write a letter',
  query: `# A dialogue of two is taken up again. Staff
# outside their office hours are notified later.
mutation WriteLetter($input: SendMessageInput!, $key: String!) {
  sendMessage(input: $input) @idempotent(key: $key) {
    message {
      id
      body
      signature
      sentAt
    }
    conversations {
      id
      participants {
        displayName
      }
      unreadCount
    }
    notifiedLater {
      notifiedAt
      person {
        displayName
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: `{ messageRecipients(category: ${category}, first: 1) { nodes { id } } }`,
    variables: ({ messageRecipients }: Recipients) => ({
      input: { to: { recipientIds: messageRecipients?.nodes.map(({ id }) => id) ?? [] }, text },
      key: newKey(),
    }),
  },
});

export const WRITE_TO_TEACHER: Example = letterTo('TEACHERS', 'Добрый день! Когда можно прийти на консультацию?');
export const WRITE_TO_PARENT: Example = letterTo('GUARDIANS', 'Добрый день! Жду вас на собрании в четверг.');

interface Mailbox {
  conversations: { nodes: Named[] } | null;
}

export const READ: Example = {
  title: 'Act: mark a conversation as read',
  query: `# The mark never goes back: a late or a
# repeated request does no harm.
mutation MarkRead($input: MarkConversationReadInput!) {
  markConversationRead(input: $input) {
    conversation {
      id
      unreadCount
    }
    viewer {
      unreadMessages
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ conversations(first: 1) { nodes { id } } }',
    variables: ({ conversations }: Mailbox) => ({ input: { conversationId: conversations?.nodes[0]?.id ?? '' } }),
  },
};

interface OfSchool {
  viewer: { school?: Named | null; classes?: Named[] | null };
}

const announcementBy = (found: string, audience: (viewer: OfSchool['viewer']) => object): Example => ({
  title: 'Act: publish an announcement',
  query: `# Its roles say whether students, parents or
# both read it.
mutation Announce($input: CreateAnnouncementInput!, $key: String!) {
  createAnnouncement(input: $input) @idempotent(key: $key) {
    announcement {
      id
      title
      publishedAt
      validUntil
      roles
      classes {
        name
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: `{ viewer { ${found} } }`,
    variables: ({ viewer }: OfSchool) => ({
      input: {
        title: 'Сбор макулатуры',
        body: 'Приносите до пятницы в кабинет 12.',
        audience: audience(viewer),
        roles: ['STUDENT', 'PARENT'],
      },
      key: newKey(),
    }),
  },
});

export const ANNOUNCE_TO_CLASS: Example = announcementBy('classes { id }', ({ classes }) => ({
  classIds: [classes?.[0]?.id ?? ''],
}));
export const ANNOUNCE_TO_SCHOOL: Example = announcementBy('school { id }', ({ school }) => ({
  schoolId: school?.id ?? '',
}));
