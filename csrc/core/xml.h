/*
** xml: XML bytes to leaves.
**
** libexpat does the parsing. What it would read and nothing here needs is refused with
** the byte's position: document types, and with them every declaration of an entity;
** processing instructions; encodings beside UTF-8 and US-ASCII. A byte order mark of
** UTF-8 is fine. Only the five predefined entities and character references stand for
** something.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_XML_H
#define EXOTEL_XML_H

#include "buffer.h"
#include "exotel.h"
#include "leaf.h"

#define EXOTEL_XML_LISTS_MAX 8 /* rows in one table; the documented answers need 2 */

/* The elements `child` of an element `parent` are the entries of a list. Names match
** whatever their ASCII case. One row a list. */
typedef struct exotel_xml_list {
  const char *parent; /* NULL: the root */
  const char *child;
  const char *list; /* the list's name in the path; NULL: `parent` is the list */
  int keep_child;   /* the child's name follows the position */
} exotel_xml_list;

/* Reads one document and hands each leaf to `sink`, in the document's order.
**
** A leaf is an element without child elements. Its path has the names of the elements
** below the root, as they stand, prefixes included; the root's own name is in none, and
** a root without children has no leaf. Where a row of `lists` makes an element an entry
** of a list, its name gives way to the list's name and its position, as JSON has it:
**
**   { NULL, "Call", "Calls", 0 }  <R><Call><Sid>    Calls[0].Sid
**   { "Legs", "Leg", NULL, 1 }    <Legs><Leg><Id>   Legs[0].Leg.Id
**
** A `parent` that is a list and holds white space alone is an empty one: no leaf. An
** element that is repeated and in no row gives the same path again.
**
** A value is all character data of its element, white space included, line ends as LF;
** an empty element's is empty, never null. Between elements only white space may stand:
** other text is refused, so that nothing is lost. Attributes and comments are passed
** over.
**
** `scratch` is working memory, emptied first; its maximum is the body's, 1 GiB at most.
** Returns EXOTEL_OK, EXOTEL_PARSE with `e->position`, EXOTEL_MISUSE for too many lists,
** EXOTEL_MEMORY, or what the sink returned, which no leaf follows. */
exotel_kind exotel_xml_read(exotel_slice body, const exotel_xml_list *lists,
                            size_t nlists, exotel_buffer *scratch,
                            exotel_leaf_sink *sink, void *context, exotel_error *e);

#endif
