package vc

import "fmt"

// A Refusal says why a presentation or a credential is out. It is an answer,
// not a fault of ours.
type Refusal struct {
	Code    string // of the table of reasons: credential.malformed
	Message string // one sentence, with nothing of a person in it
	Path    string // JSON Pointer below the presentation or credential; empty: the whole of it
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// The codes for what cannot be read.
const (
	PresentationMalformed = "presentation.malformed"
	CredentialMalformed   = "credential.malformed"
)

// wrong is a member that is not as it must be, before it is known whether a
// presentation or a credential is at fault.
type wrong struct{ path, why string }

func faulty(path, format string, args ...any) *wrong {
	return &wrong{path: path, why: fmt.Sprintf(format, args...)}
}

// as gives what is wrong its code; nil stays nil.
func (w *wrong) as(code string) *Refusal {
	if w == nil {
		return nil
	}
	return &Refusal{Code: code, Message: w.why, Path: w.path}
}

func malformed(path, why string) *Refusal {
	return &Refusal{Code: CredentialMalformed, Message: why, Path: path}
}
