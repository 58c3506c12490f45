/** Words of SIP that more than one program uses. */

/** The digest algorithms there are (RFC 8760), strongest first. */
export const digestAlgorithms = ['sha-512-256', 'sha-256', 'md5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];
