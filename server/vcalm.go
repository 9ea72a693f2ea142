package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
)

// checkOptions are the options of a verify door (W3C VCALM, "Verifying"), and
// two of its older drafts that some callers still send.
type checkOptions struct {
	results, problems, document bool // what the answer shows
	failOnUnverified            bool // older: 400 where it does not verify
	against                     verifier.Against
}

// checkNames are what options.checks may name. All is checked all the same.
var checkNames = []string{"proof", "credentialStatus", "credentialSchema", "status", "validityPeriod"}

func (s *Server) verifyCredential(c *gin.Context) error {
	tree, o, err := readCheck(c, "verifiableCredential", "returnCredential")
	if err != nil {
		return err
	}
	k, err := s.cfg.Verifier.CheckCredential(c.Request.Context(), who(c), tree)
	if err != nil {
		return malformedCheck(err)
	}
	o.showCredential(k)
	return o.answer(c, k.Verified, k)
}

func (s *Server) verifyPresentation(c *gin.Context) error {
	tree, o, err := readCheck(c, "verifiablePresentation", "returnPresentation", "challenge", "domain")
	if err != nil {
		return err
	}
	k, err := s.cfg.Verifier.CheckPresentation(c.Request.Context(), who(c), tree, o.against)
	if err != nil {
		return malformedCheck(err)
	}
	o.showPresentation(k)
	return o.answer(c, k.Verified, k)
}

// newChallenge makes a challenge for verifyPresentation.
func (s *Server) newChallenge(c *gin.Context) error {
	return write(c, http.StatusOK, map[string]string{"challenge": s.cfg.Verifier.NewCheckChallenge(who(c))})
}

// readCheck reads the body of a verify door: a document, and options of which
// these are known besides the common ones.
func readCheck(c *gin.Context, document string, options ...string) (tree any, o *checkOptions, err error) {
	body, _, err := readJSON(c)
	if err != nil {
		return nil, nil, err
	}
	m, _ := body.(map[string]any)
	if tree = m[document]; tree == nil {
		return nil, nil, malformedCheck(faulty("/"+document, "is required"))
	}
	for name := range m {
		if name != document && name != "options" {
			return nil, nil, malformedCheck(faulty("/"+name, "is not a member here: known are %s, options", document))
		}
	}
	o, err = readOptions(m["options"], options)
	if err == nil && slices.Contains(options, "challenge") && o.against.Challenge == "" {
		err = faulty("/options/challenge", "is required: it says that the presentation is fresh")
	}
	return tree, o, malformedCheck(err)
}

// readOptions reads options. "Implementations MUST throw an error if an
// endpoint receives data, options, or option values that it does not
// understand" (VCALM, "Options").
func readOptions(v any, own []string) (*checkOptions, error) {
	o := &checkOptions{problems: true}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, faulty("/options", "must be an object")
	}
	known := slices.Concat(own, []string{"returnResults", "returnProblemDetails", "failOnUnverified", "checks"})
	for name, value := range m {
		at := "/options/" + name
		if !slices.Contains(known, name) {
			return nil, faulty(at, "is no option here: known are %s", strings.Join(known, ", "))
		}
		if !o.set(name, value) {
			return nil, faulty(at, "has a value that this option cannot have: challenge and domain are strings, checks a list of %s, all else true or false", strings.Join(checkNames, ", "))
		}
	}
	return o, nil
}

// set takes one option up; false where its value is another than it can have.
func (o *checkOptions) set(name string, value any) (ok bool) {
	switch name {
	case "returnResults":
		o.results, ok = value.(bool)
	case "returnProblemDetails":
		o.problems, ok = value.(bool)
	case "returnCredential", "returnPresentation":
		o.document, ok = value.(bool)
	case "failOnUnverified":
		o.failOnUnverified, ok = value.(bool)
	case "challenge":
		o.against.Challenge, ok = value.(string)
	case "domain":
		o.against.Domain, ok = value.(string)
	case "checks":
		ok = areChecks(value)
	}
	return ok
}

func areChecks(v any) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool {
		name, _ := item.(string)
		return !slices.Contains(checkNames, name)
	})
}

// showCredential leaves in an answer what was asked for.
func (o *checkOptions) showCredential(k *verifier.CredentialCheck) {
	if !o.document {
		k.Credential = nil
	}
	if !o.problems {
		k.Problems = nil
	}
	if !o.results {
		k.Results = nil
	}
}

func (o *checkOptions) showPresentation(k *verifier.PresentationCheck) {
	if !o.document {
		k.Presentation = nil
	}
	if !o.problems {
		k.Problems = nil
	}
	if !o.results {
		k.Results = nil
		return
	}
	for _, one := range k.Results.Credentials {
		o.showCredential(one)
		one.Credential = nil
	}
}

func (o *checkOptions) answer(c *gin.Context, verified bool, k any) error {
	status := http.StatusOK
	if !verified && o.failOnUnverified {
		status = http.StatusBadRequest
	}
	return write(c, status, k)
}

// malformedCheck is a request that these doors answer with 400, as VCALM has it.
func malformedCheck(err error) error {
	if invalid, ok := errors.AsType[*verifier.Invalid](err); ok {
		return fmt.Errorf("%w: %w", errRequest, invalid)
	}
	return err
}
