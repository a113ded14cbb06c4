/*
** location: where a handle's requests go (see location.h).
**
** From CURLOPT_URL alone libcurl reads, spells out and copies the whole address for each
** request, byte by byte. Here the parts stay, and of an address that differs from the last
** one in its path alone only the path is read: that is what a client's do as a rule.
**
** SPDX-License-Identifier: MIT
*/
#include "location.h"

#include "../core/ascii.h"

#include <string.h>

#define ORIGIN_MAX 512 /* bytes; a longer one is read anew each time */

/* As libcurl itself reads CURLOPT_URL, with CURLOPT_DISALLOW_USERNAME_IN_URL. */
#define READ_AS_URL                                                                    \
  (CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER)

/* The bytes up to the path; 0 where another scheme is named, or none. */
static size_t origin_length(const char *url) {
  size_t n = strncmp(url, "https://", 8) == 0 ? 8 : 7;
  if (n == 7 && strncmp(url, "http://", 7) != 0) return 0;
  return n + strcspn(url + n, "/?#");
}

/* Whether it is a path and nothing else, which reading leaves as it is. */
static int is_plain_path(const char *text) {
  const char *p = text;
  if (*p != '/') return 0;
  while (exotel_is_alnum(*p) || *p == '/' || *p == '_' || *p == '-' ||
         (*p == '.' && p[-1] != '/'))
    p++;
  return *p == '\0';
}

static CURLUcode read_whole(exotel_location *l, const char *url) {
  CURLUcode code = curl_url_set(l->parts, CURLUPART_URL, url, READ_AS_URL);
  l->origin.max = ORIGIN_MAX;
  exotel_buffer_reset(&l->origin);
  if (code != CURLUE_OK) return code;
  if (exotel_buffer_add(&l->origin, url, origin_length(url)) != EXOTEL_BUFFER_OK)
    exotel_buffer_reset(&l->origin);
  return code;
}

static CURLUcode read_path(exotel_location *l, const char *path) {
  CURLUcode code = curl_url_set(l->parts, CURLUPART_PATH, path, 0);
  if (code == CURLUE_OK) code = curl_url_set(l->parts, CURLUPART_QUERY, NULL, 0);
  if (code == CURLUE_OK) code = curl_url_set(l->parts, CURLUPART_FRAGMENT, NULL, 0);
  return code;
}

static CURLUcode read_address(exotel_location *l, const char *url) {
  size_t n = l->origin.n;
  int same_origin = n > 0 && strncmp(url, l->origin.p, n) == 0;
  if (same_origin && is_plain_path(url + n)) return read_path(l, url + n);
  return read_whole(l, url);
}

/* The text is set as well: libcurl sends a request again to that, and says of one that it
** can't read what is wrong. */
CURLcode exotel_location_set(exotel_location *l, CURL *handle, const char *url) {
  CURLU *parts = NULL;
  CURLcode code;
  if (l->parts == NULL) l->parts = curl_url();
  if (l->parts != NULL && read_address(l, url) == CURLUE_OK) parts = l->parts;
  code = curl_easy_setopt(handle, CURLOPT_URL, url);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_CURLU, parts);
}

void exotel_location_free(exotel_location *l) {
  curl_url_cleanup(l->parts);
  l->parts = NULL;
  exotel_buffer_free(&l->origin);
}
