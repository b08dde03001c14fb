package main

/*
#include <stdlib.h>
#include "tasker.h"
typedef const uint32_t tasker_const_word;
*/
import "C"

import (
	"unicode/utf8"
	"unsafe"
)

// reply is the answer to a call before it crosses the border: a status and a JSON body.
type reply struct {
	status int32
	body   []byte
}

// answer runs the work of one export and writes what it gave into the caller's places. A panic becomes TASKER_PANIC here at
// the latest.
func answer(out **C.uint8_t, outLen *C.size_t, work func() reply) C.int32_t {
	give(out, outLen, nil)
	r := guard(work)
	give(out, outLen, r.body)
	return C.int32_t(r.status)
}

// give copies a body into memory that the caller frees, with a zero byte behind it for those who print it.
func give(out **C.uint8_t, outLen *C.size_t, body []byte) {
	if outLen != nil {
		*outLen = C.size_t(len(body))
	}
	if out == nil {
		return
	}
	*out = nil
	if body != nil {
		memory := C.malloc(C.size_t(len(body) + 1)) // never NULL: cgo ends the process when there is no memory
		copied := unsafe.Slice((*byte)(memory), len(body)+1)
		copied[copy(copied, body)] = 0
		*out = (*C.uint8_t)(memory)
	}
}

// borrow copies an input, because the work may outlive the call when its deadline passes. What is not UTF-8 is refused: Go
// would replace it silently, and input is never altered.
func borrow[T any](input *T, length C.size_t) ([]byte, *reply) {
	var fault reply
	switch {
	case length == 0:
		return nil, nil
	case input == nil:
		fault = badArgument("an input is NULL, but its length is %d", length)
	case length > C.TASKER_MAX_INPUT:
		fault = badArgument("an input has %d bytes; at most %d are allowed", length, C.TASKER_MAX_INPUT)
	default:
		copied := C.GoBytes(unsafe.Pointer(input), C.int(length))
		if utf8.Valid(copied) {
			return copied, nil
		}
		fault = badArgument("an input is not valid UTF-8; encode it as UTF-8 before the call")
	}
	return nil, &fault
}

// word is a cancel word as Go sees it; nil when the caller gave none.
func word(cancel *C.tasker_const_word) *uint32 { return (*uint32)(unsafe.Pointer(cancel)) }

func set(place *C.int32_t, value int) {
	if place != nil {
		*place = C.int32_t(value)
	}
}
