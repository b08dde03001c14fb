// Package modeltest holds the whole engine against a small model of its rules. See the tests.
package modeltest
