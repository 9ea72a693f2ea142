// Package storetest is the contract of the stores: one suite that every
// backend passes. It is for tests only.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/verifier"
)

// A Store is all that a backend does.
type Store interface {
	verifier.Store
	server.Clients
	server.Registries
	server.Frameworks
	server.PolicySetStore
	server.Entities
	server.Reports
	server.SigningKeys
	server.Wallets
	server.Issuance
	Sweep(ctx context.Context, now time.Time) error
	Ping(ctx context.Context) error
	Close() error
}

// A Database is one that is empty at first.
type Database struct {
	// Open opens a store on it, as one more process would.
	Open func(ctx context.Context, key *seal.Key) (Store, error)
	// Dump returns all that the database holds, as bytes.
	Dump func() []byte
	// Contexts puts it back to what it was before the addresses of contexts were
	// filled in, which schema 10 did: the next Open brings it up to date.
	Contexts func()
	// Secrets takes the first generation of the wallets' secrets away, as a backup
	// does that was put together from two.
	Secrets func()
}

// Run tests a backend; fresh makes a new database.
func Run(t *testing.T, fresh func(t *testing.T) Database) {
	for name, test := range map[string]func(*testing.T, Database){
		"challenge comes back as it was opened":      challengeComesBack,
		"change":                                     change,
		"change adds, updates and removes":           changePresentations,
		"closing deletes what was presented":         closing,
		"many change one challenge and lose nothing": manyChange,
		"decision comes back":                        decisionComesBack,
		"of two decisions at one revision one wins":  twoCommit,
		"a permit closes":                            permitCloses,
		"a decision needs its challenge as it was":   commitRefusals,
		"nonces":                                      nonces,
		"uses of a nonce":                             nonceUses,
		"one nonce at once":                           nonceAtOnce,
		"one nonce of a batch":                        nonceOfBatch,
		"a refused nonce stores nothing":              nonceStoresNothing,
		"a body is decided once":                      bodyOnce,
		"a body is replayed":                          replayedBody,
		"triggers":                                    triggers,
		"triggers at once":                            triggersAtOnce,
		"uses":                                        usage,
		"uses are swept":                              usageSwept,
		"uses of two periods":                         usageOfTwoPeriods,
		"uses at once":                                usageAtOnce,
		"sweep":                                       sweep,
		"registries":                                  registries,
		"registries replace as a whole":               registriesAtOnce,
		"a registry of 100,000":                       registryLarge,
		"clients":                                     clients,
		"the first admin is one":                      firstAdmin,
		"wallet secrets are made once":                walletSecrets,
		"wallet secrets that are not here":            walletSecretsLacking,
		"wallet secrets that are none":                walletSecretsNone,
		"wallet accounts":                             walletAccounts,
		"wallet tries":                                walletTries,
		"wallet tries at once":                        walletTriesAtOnce,
		"wallet sessions":                             walletSessions,
		"wallet devices":                              walletDevices,
		"wallet tickets at once":                      walletTicketsAtOnce,
		"wallet items":                                walletItems,
		"wallet profiles":                             walletProfiles,
		"wallet modes":                                walletModes,
		"wallet session kept":                         walletKeepsSession,
		"wallet represented":                          walletRepresented,
		"wallet proxies":                              walletProxies,
		"wallet proxies end":                          walletProxiesEnd,
		"wallet proxies at once":                      walletProxiesAtOnce,
		"wallet pages":                                walletPages,
		"wallet acts":                                 walletActs,
		"wallet acts at once":                         walletActsAtOnce,
		"policy sets":                                 policySets,
		"policy sets at once":                         policySetsAtOnce,
		"wallet suspended":                            walletSuspended,
		"wallet suspended proxies":                    walletSuspendedProxies,
		"wallet suspended at once":                    walletSuspendedAtOnce,
		"wallet administered at once":                 walletAdministeredAtOnce,
		"wallet delay lifted":                         walletDelayLifted,
		"wallet inspections":                          walletInspections,
		"wallet inspections suspended":                walletInspectionsSuspended,
		"policy sets of wallets":                      policySetsOfWallets,
		"entities":                                    entities,
		"searches":                                    searches,
		"reports":                                     reports,
		"reports at once":                             reportsAtOnce,
		"signing keys":                                signingKeys,
		"frameworks":                                  frameworks,
		"frameworks at once":                          frameworksAtOnce,
		"contexts at once":                            contextsAtOnce,
		"contexts of before":                          contextsBefore,
		"revisions":                                   revisions,
		"withdrawals":                                 withdrawals,
		"publishing, withdrawing at once":             publishingAtOnce,
		"tenants are apart":                           tenantsApart,
		"names that no row can have":                  strangeNames,
		"several processes start at once":             startAtOnce,
		"a restart finds everything":                  restart,
		"another key is refused":                      anotherKey,
		"nothing of people is readable":               nothingReadable,
		"a sealed record cannot stand for another":    sealedInPlace,
		"a call that was cancelled changes nothing":   cancelled,
		"status lists":                                statusLists,
		"status lists at once":                        statusListsAtOnce,
		"places":                                      statusPlaces,
		"places at once":                              statusPlacesAtOnce,
		"changes of status":                           statusChanges,
		"a change is whole":                           statusWhole,
		"publications":                                statusPublications,
		"profiles":                                    profiles,
		"what was issued is sealed":                   issuedSealed,
		"10,000 at once":                              statusMany,
		"an error or a panic in change keeps nothing": changeFails,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// The tenants and the instant of the suite. Nanoseconds must survive.
const tenant, other = "default", "elsewhere"

var noon = time.Date(2026, 5, 17, 12, 0, 0, 123456789, time.UTC)

// Key is the key that the suite seals with.
var Key = seal.NewKey([32]byte{1, 2, 3})

func open(t *testing.T, db Database) Store {
	t.Helper()
	s, err := db.Open(t.Context(), Key)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func id() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// newChallenge has every field set.
func newChallenge() *verifier.Challenge {
	return &verifier.Challenge{
		ID: id(), Tenant: tenant, Client: "client", Nonce: "nonce", Domain: "camp.example",
		Request: facts.Request{
			Permissions: []string{"travel", "médical"},
			Proxied: facts.ProxiedRequest{ID: "did:example:child", Attributes: map[string]facts.Comparable{
				"givenName": {Text: "Mya"}, "photo": {SHA256: hex.EncodeToString(make([]byte, 32))},
			}},
			Framework:            facts.FrameworkName{Name: "Camp", Range: ">=1.0.0", Variant: "Guardian"},
			SupportedObligations: []string{},
			Disjoint:             true,
		},
		Circumstances: json.RawMessage(`{"place":{"codes":["TZ"]}}`),
		OpenedAt:      noon, ExpiresAt: noon.Add(10 * time.Minute), State: verifier.Open,
	}
}

func newPresentation(raw string) verifier.StoredPresentation {
	return verifier.StoredPresentation{
		ID: id(), Digest: sha256.Sum256([]byte(raw)), MediaType: "application/vp+jwt", Raw: []byte(raw),
		Circumstances: json.RawMessage(`{"place":{"codes":["KE"]}}`), ReceivedAt: noon.Add(time.Nanosecond),
	}
}

func newDecision(c *verifier.Challenge, permit bool) *verifier.StoredDecision {
	d := &verifier.StoredDecision{
		ID: id(), Tenant: tenant, Client: "client", EvaluatedAt: noon.Add(time.Second),
		Permit: permit, Answer: json.RawMessage(`{"decision": "as answered"}`),
	}
	if c != nil {
		d.Challenge, d.Revision = c.ID, c.Revision
	}
	return d
}

// opened stores a new challenge.
func opened(t *testing.T, s Store, presentations ...verifier.StoredPresentation) *verifier.Challenge {
	t.Helper()
	c := newChallenge()
	must(t, s.OpenChallenge(t.Context(), c))
	if len(presentations) > 0 {
		must(t, s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
			c.Presentations = append(c.Presentations, presentations...)
			return true, nil
		}))
	}
	return load(t, s, c.ID)
}

func load(t *testing.T, s Store, id string) *verifier.Challenge {
	t.Helper()
	c, err := s.Challenge(t.Context(), tenant, id)
	must(t, err)
	p, err := s.Progress(t.Context(), tenant, id)
	must(t, err)
	same(t, "progress", p, verifier.Progress{State: c.State, Revision: c.Revision, DecisionID: c.DecisionID, ExpiresAt: c.ExpiresAt})
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants compares an error with the sentinel that is wanted; nil: none.
func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}
