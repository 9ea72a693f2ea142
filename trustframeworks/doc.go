// Package trustframeworks reads trust framework documents (Aries RFC 0103,
// "Proxy Trust Framework"; semantics 2.1 and 2.2): JSON or YAML in, a sound
// [Document] or findings with path, line and column out.
//
// It refuses what it does not understand, and never reads a file or the
// network: a $ref that points out of a schema is a finding. What a framework
// compiles to is in package compile; who may publish one, and where it is
// kept, is in package server.
package trustframeworks
