package main

/*
#include "plain.h"
*/
import "C"

import (
	"net"
	"sync"
	"syscall"
)

// rememberedConn is a database connection whose socket a forked child can find and close.
type rememberedConn struct {
	net.Conn
	forget func()
}

// remember notes the socket of a connection, if it has one.
func remember(conn net.Conn) net.Conn {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return conn
	}
	place := C.int(-1)
	if err := raw.Control(func(fd uintptr) { place = C.remember_fd(C.int(fd)) }); err != nil {
		return conn
	}
	return &rememberedConn{conn, sync.OnceFunc(func() { C.forget_fd(place) })}
}

// Close forgets the socket first: its number may belong to somebody else the moment it is closed.
func (c *rememberedConn) Close() error {
	c.forget()
	return c.Conn.Close()
}
