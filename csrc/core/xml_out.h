/*
** xml_out: what a JSON writer holds, as XML. The way back from xml.h.
**
** The service's two formats are one tree in two spellings, so there is no second way to
** build one: put the leaves into the writer of json_out.h, then print them here.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_XML_OUT_H
#define EXOTEL_XML_OUT_H

#include "buffer.h"
#include "exotel.h"
#include "json_out.h"

/* Appends the names of the writer's object as elements, in their order and without one
** around them:
**
**   null, an empty object   <Price/>
**   "", a text, a number    <Price></Price>, <Price>1.500</Price>
**   an object               <Leg><Id>1</Id></Leg>
**   a list of objects that have one name, the same in all
**                           <Legs><Leg>...</Leg><Leg>...</Leg></Legs>
**   any other list          <New>1</New><New>2</New>
**
** exotel_xml_read gives the leaves of it that the JSON has, where a row of its lists
** calls the list one. Returns EXOTEL_OK; EXOTEL_INVALID for what XML can't hold: control
** characters but tab, LF and CR; U+FFFE and U+FFFF; a name that isn't ASCII letters,
** digits, "_", "-" and "."; a list in a list or at the top; or for what `out` can't; or
** EXOTEL_MEMORY. What was appended before a failure stays. */
exotel_kind exotel_xml_print(const exotel_json_writer *w, exotel_buffer *out,
                             exotel_error *e);

#endif
