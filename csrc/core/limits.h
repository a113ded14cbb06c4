/*
** limits: how much a webhook may bring. One set for all encodings, so that none of them
** lets in what another refuses.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_LIMITS_H
#define EXOTEL_LIMITS_H

#define EXOTEL_BODY_MAX (1024 * 1024) /* bytes; the largest documented body has 700 */
#define EXOTEL_FIELDS_MAX 512         /* pairs, parts or leaves; Passthru has some 40 */
#define EXOTEL_NAME_MAX 256           /* bytes of one name, brackets included */
#define EXOTEL_NAME_STEPS_MAX 8       /* names and positions in it; the deepest has 3 */
#define EXOTEL_INDEX_MAX 999          /* the largest position in a list */
#define EXOTEL_PART_HEADERS_MAX 8192  /* bytes of one part's headers */

#endif
