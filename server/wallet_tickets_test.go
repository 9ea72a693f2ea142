package server_test

import (
	"net/http"
	"testing"

	"github.com/procura-dev/procura/wallet/session"
)

// begun is a login up to KE3, of a holder who is registered.
func (h *house) begun(name string) (ticket string, ke3 []byte) {
	h.Helper()
	l, err := session.BeginLogin(secret)
	if err != nil {
		h.Fatal(err)
	}
	answer := h.call("", http.MethodPost, "/v1/t/default/wallet/sessions", `{"name": "`+name+`", "ke1": "`+b64url(l.KE1)+`"}`).json(h)
	holder := session.Holder{Origin: walletOrigin, Tenant: "default", Name: name}
	done, err := l.Finish(fromB64url(h, answer["ke2"].(string)), holder, []session.Profile{session.Newest})
	if err != nil {
		h.Fatal(err)
	}
	return answer["ticket"].(string), done.KE3
}

// A ticket has one text: with another it would be spent twice.
func TestWalletTicketsHaveOneText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registered("ann")
	ticket, ke3 := h.begun("ann")
	prove := func(ticket string) *answer {
		return h.call("", http.MethodPut, "/v1/t/default/wallet/sessions", `{"ticket": "`+ticket+`", "ke3": "`+b64url(ke3)+`"}`)
	}
	for name, text := range map[string]string{
		"a line's end": ticket + `\n`, "one within": ticket[:7] + `\r\n` + ticket[7:], "padding": ticket + "=", "a space": ticket + " ",
		"other letters": ticket[:len(ticket)-1] + string(ticket[len(ticket)-1]+1),
	} {
		h.wants(name, prove(text), http.StatusUnauthorized, "login")
	}
	h.wants("as it was given", prove(ticket), http.StatusCreated, "")
	h.wants("with a line's end, later", prove(ticket+`\n`), http.StatusUnauthorized, "login")
}
