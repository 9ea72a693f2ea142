package keys

import (
	"fmt"
	"io"
)

// Format keeps the secret out of messages, in every form of them.
func (Root) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[root key]") }

// Format keeps the secret out of messages, in every form of them.
func (Partition) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[partition's key]") }

// Format keeps the secret out of messages, in every form of them.
func (Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[account's own keys]") }
