/**
 * The media by the names that topics and conversations give to their communications (in lower case), and the names in detail
 * events. `[?]`: no detail event of a social expression is published.
 */
export const MEDIA_TYPES: Readonly<Record<string, string>> = {
  calls: 'VOICE',
  callbacks: 'CALLBACK',
  chats: 'CHAT',
  cobrowsesessions: 'COBROWSE',
  emails: 'EMAIL',
  messages: 'MESSAGE',
  screenshares: 'SCREENSHARE',
  socialexpressions: 'SOCIALEXPRESSION',
  videos: 'VIDEO',
};
