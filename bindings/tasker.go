// Command bindings is the C face of tasker-core: built with -buildmode=c-shared it becomes libtasker_core.so.
//
// tasker.h is its specification; read that first. This file is all shims: each export takes C values, hands Go values to the
// function that does the work, and gives its reply back as C values. The preamble includes the header, so an export whose
// signature differs from it does not compile.
//
//	tasker.go   the exports            border.go  memory and numbers across the border
//	handle.go   handles, open, close   call.go    what can be asked of a handle
//	start.go    tasker_init            wait.go    deadlines, cancel words
//	events.go   what tasker_poll reads fault.go   errors and panics to status and error object
//	core.go     the only file that knows the orchestrator
//	plain.c     what must work without Go: versions, free, the fork child
//
// The package lives inside other people's processes. It reads no environment and no command line, asks for no signal, and
// lets no panic out; tests hold it to that.
package main

/*
#include "tasker.h"

// Go cannot write const; an export that takes a pointer to const needs a name for what it points at.
typedef const uint8_t tasker_const_byte;
typedef const char tasker_const_char;
typedef const uint32_t tasker_const_word;
*/
import "C"

// main is never called: a C library has none, but Go wants to see one.
func main() {}

//export tasker_init
func tasker_init(config *C.tasker_const_byte, configLen C.size_t, cancelFD *C.int32_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply {
		input, fault := borrow(config, configLen)
		if fault != nil {
			return *fault
		}
		fd, r := start(input)
		set(cancelFD, fd)
		return r
	})
}

//export tasker_open
func tasker_open(config *C.tasker_const_byte, configLen C.size_t, handle *C.uint64_t, eventFD *C.int32_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	set(eventFD, -1)
	return answer(out, outLen, func() reply {
		if handle == nil {
			return badArgument("handle must not be NULL: it receives the number that all other calls need")
		}
		*handle = 0
		input, fault := borrow(config, configLen)
		if fault != nil {
			return *fault
		}
		id, fd, r := openHandle(input, eventFD != nil)
		*handle = C.uint64_t(id)
		set(eventFD, fd)
		return r
	})
}

//export tasker_close
func tasker_close(handle C.uint64_t, graceMS C.int64_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply { return closeHandle(uint64(handle), int64(graceMS)) })
}

//export tasker_create_task
func tasker_create_task(handle C.uint64_t, request *C.tasker_const_byte, requestLen C.size_t, timeoutMS C.int64_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply {
		input, fault := borrow(request, requestLen)
		if fault != nil {
			return *fault
		}
		return createTask(uint64(handle), input, int64(timeoutMS))
	})
}

//export tasker_tick
func tasker_tick(handle C.uint64_t, timeoutMS C.int64_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply { return tick(uint64(handle), int64(timeoutMS)) })
}

//export tasker_call
func tasker_call(handle C.uint64_t, operation *C.tasker_const_char, operationLen C.size_t, request *C.tasker_const_byte, requestLen C.size_t,
	timeoutMS C.int64_t, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply {
		name, fault := borrow(operation, operationLen)
		if fault != nil {
			return *fault
		}
		input, fault := borrow(request, requestLen)
		if fault != nil {
			return *fault
		}
		return call(uint64(handle), string(name), input, int64(timeoutMS))
	})
}

//export tasker_poll
func tasker_poll(handle C.uint64_t, limit C.uint32_t, timeoutMS C.int64_t, cancel *C.tasker_const_word, out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply { return poll(uint64(handle), int(limit), int64(timeoutMS), word(cancel)) })
}

//export tasker_wait
func tasker_wait(handle C.uint64_t, taskID *C.tasker_const_char, taskIDLen C.size_t, timeoutMS C.int64_t, cancel *C.tasker_const_word,
	out **C.uint8_t, outLen *C.size_t) C.int32_t {
	return answer(out, outLen, func() reply {
		id, fault := borrow(taskID, taskIDLen)
		if fault != nil {
			return *fault
		}
		return wait(uint64(handle), string(id), int64(timeoutMS), word(cancel))
	})
}
