package session

import (
	"errors"
	"fmt"

	"github.com/bytemare/opaque"
)

// A Registering is a registration under way, at its client.
type Registering struct {
	client  *opaque.Client
	Request []byte // for the server
}

// BeginRegistration blinds a password.
func BeginRegistration(text string) (*Registering, error) {
	secret, err := password(text)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	client, err := opaque.NewClient(suite())
	if err != nil {
		return nil, err
	}
	request, err := client.RegistrationInit(secret)
	if err != nil {
		return nil, fmt.Errorf("blinding the password: %w", err)
	}
	return &Registering{client, request.Serialize()}, nil
}

// Finish makes the record that the server keeps, and export_key, which only who
// knows the password has: 64 bytes. It ends the registration.
func (r *Registering) Finish(response []byte, h Holder, p Profile) (record, exportKey []byte, err error) {
	defer r.client.ClearState()
	if !p.fit() {
		return nil, nil, ErrProfile
	}
	m, err := r.client.Deserialize.RegistrationResponse(response)
	if err != nil {
		return nil, nil, ErrMessage
	}
	made, exportKey, err := r.client.RegistrationFinalize(m, h.identity(), h.server(p), p.options())
	if err != nil {
		return nil, nil, ErrMessage
	}
	return made.Serialize(), exportKey, nil
}

// A LoggingIn is a login under way, at its client.
type LoggingIn struct {
	client *opaque.Client
	KE1    []byte // for the server
}

// BeginLogin blinds a password.
func BeginLogin(text string) (*LoggingIn, error) {
	secret, err := password(text)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	client, err := opaque.NewClient(suite())
	if err != nil {
		return nil, err
	}
	ke1, err := client.GenerateKE1(secret)
	if err != nil {
		return nil, fmt.Errorf("blinding the password: %w", err)
	}
	return &LoggingIn{client, ke1.Serialize()}, nil
}

// A Login is what a client has of one that succeeded.
type Login struct {
	KE3        []byte // for the server
	SessionKey []byte // 64 bytes
	ExportKey  []byte // 64 bytes
	Profile    Profile
}

// Finish opens the server's answer with the first profile that fits, and proves
// the server; else [ErrPassword]. It ends the login.
func (l *LoggingIn) Finish(ke2 []byte, h Holder, profiles []Profile) (*Login, error) {
	defer l.client.ClearState()
	if len(profiles) == 0 || len(profiles) > maxProfiles {
		return nil, ErrProfile
	}
	m, err := l.client.Deserialize.KE2(ke2)
	if err != nil {
		return nil, ErrMessage
	}
	for _, p := range profiles {
		if !p.fit() {
			return nil, ErrProfile
		}
		ke3, session, export, err := l.client.GenerateKE3(m, h.identity(), h.server(p), p.options())
		if err == nil {
			return &Login{ke3.Serialize(), session, export, p}, nil
		}
		if !errors.Is(err, opaque.ErrAuthentication) {
			return nil, ErrMessage
		}
	}
	return nil, ErrPassword
}
