package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// acting is a desk with a profile whose keys are in a partition of a mode, open.
type acting struct {
	*desk
	kms     *client.Partition
	profile *client.Profile
}

func (h *house) acting(t *testing.T, name, mode string) *acting {
	t.Helper()
	a := &acting{desk: h.desk(h.registered(name), name)}
	a.kms = a.partIn(t, mode)
	var err error
	if a.profile, err = a.CreateProfile(t.Context(), "work", a.kms); err != nil {
		t.Fatal(err)
	}
	if mode == contents.Served {
		wantsKind(t, "unlocking", a.profile.Unlock(t.Context(), []*client.Partition{a.kms}), "")
	}
	return a
}

func (a *acting) made(t *testing.T, kind string) *client.Key {
	t.Helper()
	k, err := a.profile.CreateKeyPair(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *acting) signs(t *testing.T, what, kid, want string) {
	t.Helper()
	_, err := a.profile.SignJWT(t.Context(), kid, "JWT", map[string]any{"sub": "me"})
	wantsKind(t, what, err, want)
}

func TestWalletProfiles(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		local, custodial, sealed := d.partIn(t, contents.Served), d.partIn(t, contents.Custodial), d.partIn(t, contents.Sealed)
		p, err := d.CreateProfile(ctx, "Work", local, sealed)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != "work" || p.Version != 1 || len(p.KMS) != 1 || p.KMS[0].Kind != "local" || p.KMS[0].Partition != local.ID() || len(p.Contents) != 1 || p.Open {
			t.Errorf("created %+v", p)
		}
		_, err = d.CreateProfile(ctx, "work", custodial)
		wantsKind(t, "the same name", err, "profile-exists")
		if _, err = d.CreateProfile(ctx, "älter/2", custodial); err != nil {
			t.Fatal(err)
		}
		list, err := d.Profiles(ctx)
		if err != nil || len(list) != 2 || list[0].Name != "work" || list[1].Name != "älter/2" || list[1].KMS[0].Kind != "custodial" || !list[1].Open {
			t.Errorf("listed %+v, %v", list, err)
		}
		other, _ := h[1].again("ann", local.ID())
		same, err := other.Profile(ctx, "älter/2")
		if err != nil || same.ID != list[1].ID {
			t.Errorf("by its name: %+v, %v", same, err)
		}
		wantsKind(t, "an older version is changed", func() error {
			if err := same.SetContents(ctx, sealed); err != nil {
				return err
			}
			return list[1].SetContents(ctx, local)
		}(), "version")
		wantsKind(t, "removed", p.Remove(ctx, secret, 0), "partition-sealed") // what is lost cannot be seen
		wantsKind(t, "unlocked", p.Unlock(ctx, []*client.Partition{local}), "")
		wantsKind(t, "removed", p.Remove(ctx, secret, 0), "")
		_, err = other.Profile(ctx, "work")
		wantsKind(t, "what was removed", err, "profile-unknown")
	})
}

func TestWalletProfilesThatCannotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	local, custodial, sealed := d.partIn(t, contents.Served).ID(), d.partIn(t, contents.Custodial).ID(), d.partIn(t, contents.Sealed).ID()
	kms := func(kind string, p any) map[string]any { return map[string]any{"kind": kind, "partition": p} }
	for name, c := range map[string]struct {
		body map[string]any
		want string
	}{
		"no name":                   {map[string]any{"kms": kms("local", local)}, "invalid"},
		"a name that is none":       {map[string]any{"name": " ", "kms": kms("local", local)}, "name"},
		"no KMS":                    {map[string]any{"name": "a"}, "invalid"},
		"a KMS that is none":        {map[string]any{"name": "a", "kms": "local"}, "invalid"},
		"of no kind":                {map[string]any{"name": "a", "kms": map[string]any{"partition": local}}, "profile-options"},
		"of another kind":           {map[string]any{"name": "a", "kms": kms("hsm", local)}, "profile-options"},
		"remote":                    {map[string]any{"name": "a", "kms": map[string]any{"kind": "remote", "url": "https://kms.example"}}, "kms-remote"},
		"local in a sealed one":     {map[string]any{"name": "a", "kms": kms("local", sealed)}, "profile-options"},
		"local in a custodial one":  {map[string]any{"name": "a", "kms": kms("local", custodial)}, "profile-options"},
		"custodial in a served one": {map[string]any{"name": "a", "kms": kms("custodial", local)}, "profile-options"},
		"a partition of nobody":     {map[string]any{"name": "a", "kms": kms("local", keys.NewID())}, "partition-unknown"},
		"no partition":              {map[string]any{"name": "a", "kms": map[string]any{"kind": "local"}}, "invalid"},
		"more in it":                {map[string]any{"name": "a", "kms": map[string]any{"kind": "local", "partition": local, "url": "x"}}, "invalid"},
		"contents of nobody":        {map[string]any{"name": "a", "kms": kms("local", local), "contents": []any{keys.NewID()}}, "partition-unknown"},
		"too many contents":         {map[string]any{"name": "a", "kms": kms("local", local), "contents": slices.Repeat([]any{local}, 17)}, "invalid"},
		"contents that are none":    {map[string]any{"name": "a", "kms": kms("local", local), "contents": []any{"x"}}, "invalid"},
		"a passphrase":              {map[string]any{"name": "a", "kms": kms("local", local), "passphrase": "x"}, "invalid"},
	} {
		wantsKind(t, name, d.Do(t.Context(), http.MethodPost, "profiles", c.body, nil), c.want)
	}
	list, err := d.Profiles(t.Context())
	if err != nil || len(list) != 0 {
		t.Errorf("there are %d profiles, %v", len(list), err)
	}
}

// Keys of each type sign while the profile is open to this session, and no longer.
func TestWalletKeysSign(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		for i, mode := range []string{contents.Served, contents.Custodial} {
			a := h[i].acting(t, "ann"+mode, mode)
			for _, kind := range proof.KeyTypes {
				k := a.made(t, kind)
				token, err := a.profile.SignJWT(ctx, k.KID, "JWT", map[string]any{"sub": "me", "n": 9007199254740991})
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				other, _ := h[1-i].again("ann"+mode, a.kms.ID())
				c, err := other.VerifyJWT(ctx, token)
				if err != nil || !c.Verified || c.Signer != k.DID || c.Header["kid"] != k.Method || c.Claims["sub"] != "me" || c.Claims["n"] != float64(9007199254740991) {
					t.Errorf("%s: checked %+v, %v", kind, c, err)
				}
			}
			list, err := a.profile.Keys(ctx, 0)
			if err != nil || len(list) != len(proof.KeyTypes) {
				t.Errorf("%d keys are listed, %v", len(list), err)
			}
		}
	})
}

// A session that has a profile open is the only one that signs with its keys.
func TestWalletSignsWhileOpen(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Served)
		k := a.made(t, proof.Ed25519)
		a.signs(t, "while it is open", k.KID, "")
		other, part := h[1].again("ann", a.kms.ID())
		same, err := other.Profile(ctx, "work")
		if err != nil {
			t.Fatal(err)
		}
		b := &acting{desk: other, profile: same}
		b.signs(t, "in another session", k.KID, "partition-sealed")
		_, err = same.CreateKeyPair(ctx, proof.Ed25519)
		wantsKind(t, "a key in another session", err, "partition-sealed")
		_, err = same.Keys(ctx, 0)
		wantsKind(t, "keys in another session", err, "partition-sealed")
		wantsKind(t, "unlocked twice", a.profile.Unlock(ctx, []*client.Partition{a.kms}), "already-unlocked")
		wantsKind(t, "unlocked there", same.Unlock(ctx, []*client.Partition{part}), "")
		b.signs(t, "there", k.KID, "")
		wantsKind(t, "locked everywhere", a.Do(ctx, http.MethodPost, "profiles/work/close?all=true", nil, nil), "step-up-required")
		wantsKind(t, "locked", a.profile.Lock(ctx), "")
		wantsKind(t, "locked again", a.profile.Lock(ctx), "")
		a.signs(t, "once it is locked", k.KID, "partition-sealed")
		b.signs(t, "there, still", k.KID, "")
		wantsKind(t, "unlocked once more", a.profile.Unlock(ctx, []*client.Partition{a.kms}), "")
		wantsKind(t, "locked everywhere", a.profile.LockAll(ctx, secret), "")
		a.signs(t, "once it is locked everywhere", k.KID, "partition-sealed")
		b.signs(t, "there, too", k.KID, "partition-sealed")
		wantsKind(t, "unlocked there again", same.Unlock(ctx, []*client.Partition{part}), "")
		wantsKind(t, "sealed", part.SetMode(ctx, contents.Sealed), "")
		b.signs(t, "once it is sealed", k.KID, "partition-sealed")
		wantsKind(t, "custodial", part.SetMode(ctx, contents.Custodial), "")
		a.signs(t, "once it is custodial", k.KID, "")
	})
}

// Another KMS makes the keys from then on: the old ones sign, until they are
// removed by their number.
func TestWalletProfilesKeepKeys(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Served)
		old := []*client.Key{a.made(t, proof.Ed25519), a.made(t, proof.P256)}
		shared, err := a.CreateProfile(ctx, "home", a.kms) // keys of another profile, in the same partition
		if err != nil {
			t.Fatal(err)
		}
		home := &acting{desk: a.desk, profile: shared}
		theirs := home.made(t, proof.Ed25519)

		next := a.partIn(t, contents.Custodial)
		wantsKind(t, "the same KMS again", a.profile.SetKMS(ctx, a.kms), "profile-options")
		wantsKind(t, "another KMS", a.profile.SetKMS(ctx, next), "")
		k := a.made(t, proof.P384)
		for _, each := range append(old, k) {
			a.signs(t, "a key of "+each.Type, each.KID, "")
		}
		a.signs(t, "another profile's", theirs.KID, "key-unknown")
		lists := map[uint64]int{0: 3, 1: 2, 2: 1}
		for generation, want := range lists {
			list, err := a.profile.Keys(ctx, generation)
			if err != nil || len(list) != want {
				t.Errorf("%d keys of KMS %d, %v", len(list), generation, err)
			}
		}
		_, err = a.profile.Keys(ctx, 3)
		wantsKind(t, "keys of no KMS", err, "kms-unknown")
		wantsKind(t, "locked", a.profile.Lock(ctx), "")
		a.signs(t, "a key of the newest", k.KID, "")
		a.signs(t, "a key of the first", old[0].KID, "partition-sealed")
		wantsKind(t, "the first, unseen", a.profile.RemoveKMS(ctx, secret, 1, 2), "partition-sealed")
		wantsKind(t, "unlocked", a.profile.Unlock(ctx, []*client.Partition{a.kms, next}), "")
		for _, lose := range []int{0, 1, 3} {
			wantsKind(t, "the first, and not its keys", a.profile.RemoveKMS(ctx, secret, 1, lose), "keys-would-be-lost")
		}
		wantsKind(t, "no KMS", a.profile.RemoveKMS(ctx, secret, 3, 0), "kms-unknown")
		wantsKind(t, "the first", a.profile.RemoveKMS(ctx, secret, 1, 2), "")
		wantsKind(t, "the only one", a.profile.RemoveKMS(ctx, secret, 2, 1), "kms-last")
		a.signs(t, "a key that was removed", old[0].KID, "key-unknown")
		a.signs(t, "a key that was not", k.KID, "")
		wantsKind(t, "the profile, and not its keys", a.profile.Remove(ctx, secret, 0), "keys-would-be-lost")
		wantsKind(t, "the profile", a.profile.Remove(ctx, secret, 1), "")
		wantsKind(t, "the other unlocked", shared.Unlock(ctx, []*client.Partition{a.kms}), "already-unlocked")
		home.signs(t, "the other profile's key", theirs.KID, "")
		if again, err := a.CreateProfile(ctx, "work", next); err != nil || again.ID == a.profile.ID {
			t.Errorf("a profile of the same name: %+v, %v", again, err)
		} else {
			a.profile = again
			a.signs(t, "a key of the one before", k.KID, "key-unknown")
		}
	})
}

// Contents stay what they were when the KMS changes.
func TestWalletProfilesKeepContents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	papers := a.partIn(t, contents.Served)
	i := credential("urn:1")
	if err := papers.Add(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	wantsKind(t, "contents", a.profile.SetContents(t.Context(), papers), "")
	if a.profile.Open {
		t.Error("it is open, and one of its contents is not")
	}
	wantsKind(t, "half of it unlocked", a.profile.Unlock(t.Context(), []*client.Partition{a.kms}), "partition-unknown")
	wantsKind(t, "unlocked", a.profile.Unlock(t.Context(), []*client.Partition{a.kms, papers}), "")
	wantsKind(t, "another KMS", a.profile.SetKMS(t.Context(), a.partIn(t, contents.Custodial)), "")
	if got, err := papers.Get(t.Context(), i.ID); err != nil || string(got.Content) != string(i.Content) || !reflect.DeepEqual(a.profile.Contents, []keys.ID{papers.ID()}) {
		t.Errorf("got %v, %v of %v", got, err, a.profile.Contents)
	}
}

// Keys that are made while a profile is removed are lost by their number, or made
// for nobody: none is left that no profile has.
func TestWalletProfilesAreRemovedWhole(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Custodial)
		other, _ := h[1].again("ann", a.kms.ID())
		same, err := other.Profile(ctx, "work")
		if err != nil {
			t.Fatal(err)
		}
		var made atomic.Int32
		var all sync.WaitGroup
		all.Go(func() {
			for range 20 {
				if _, err := same.CreateKeyPair(ctx, proof.Ed25519); err == nil {
					made.Add(1)
				}
			}
		})
		var lost int
		for removed := false; !removed; {
			list, err := a.profile.Keys(ctx, 0)
			if err != nil {
				t.Fatal(err)
			}
			lost = len(list)
			removed = a.profile.Remove(ctx, secret, lost) == nil
		}
		all.Wait()
		if int(made.Load()) != lost {
			t.Errorf("%d keys were made, %d were said to be lost", made.Load(), lost)
		}
		if list, err := a.kms.All(ctx, client.Find{Kind: contents.KindKey}); err != nil || len(list) != 0 {
			t.Errorf("%d keys are left, %v", len(list), err)
		}
	})
}

// The holder's client reads what the server made: the key is its holder's.
func TestWalletKeysAreTheirHolders(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	h := settled(t, s)
	a := h.acting(t, "ann", contents.Served)
	k := a.made(t, proof.Ed25519)
	list, err := a.kms.All(t.Context(), client.Find{Own: k.KID})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d items, %v", len(list), err)
	}
	var kept struct{ KID string }
	if err := json.Unmarshal(list[0].Content, &kept); err != nil || kept.KID != k.KID {
		t.Errorf("it keeps %+v, %v", kept, err)
	}
	a.part = a.kms
	if all := h.contents(a.desk); strings.Contains(all, k.KID) || strings.Contains(all, "keyset") {
		t.Errorf("the server keeps %s", all)
	}
	if strings.Contains(h.log.String(), k.KID) {
		t.Error("the log names the key")
	}
}

// A retry of a key's making is told which was made; there is one.
func TestWalletKeysAreMadeOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	ask := channel.Request{Method: http.MethodPost, Path: "/profiles/work/keys", ContentType: "application/json", RequestID: "one", Body: []byte(`{"type": "P-256"}`)}
	var first string
	for range 3 {
		got, err := a.Say(t.Context(), ask)
		if err != nil || got.Status >= 300 || first != "" && string(got.Body) != first {
			t.Errorf("%d %s, %v; first %s", got.Status, got.Body, err, first)
		}
		first = string(got.Body)
	}
	if list, err := a.profile.Keys(t.Context(), 0); err != nil || len(list) != 1 {
		t.Errorf("%d keys, %v", len(list), err)
	}
}

func TestWalletSigningRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	k := a.made(t, proof.Ed25519)
	at := "profiles/work/"
	for name, c := range map[string]struct {
		path string
		body map[string]any
		want string
	}{
		"no such key":            {at + "jwts", map[string]any{"key": "x", "claims": map[string]any{}}, "key-unknown"},
		"no key":                 {at + "jwts", map[string]any{"claims": map[string]any{}}, "invalid"},
		"no claims":              {at + "jwts", map[string]any{"key": k.KID}, "invalid"},
		"a number that none has": {at + "jwts", map[string]any{"key": k.KID, "claims": map[string]any{"n": 9007199254740993}}, "malformed"},
		"claims in a list":       {at + "jwts", map[string]any{"key": k.KID, "claims": []any{}}, "invalid"},
		"an algorithm":           {at + "jwts", map[string]any{"key": k.KID, "claims": map[string]any{}, "alg": "none"}, "invalid"},
		"a header":               {at + "jwts", map[string]any{"key": k.KID, "claims": map[string]any{}, "header": map[string]any{"jku": "https://x.example"}}, "invalid"},
		"a long key":             {at + "jwts", map[string]any{"key": strings.Repeat("x", 200), "claims": map[string]any{}}, "invalid"},
		"too much":               {at + "jwts", map[string]any{"key": k.KID, "claims": map[string]any{"a": strings.Repeat("x", 300<<10)}}, "too-large"},
		"another profile":        {"profiles/home/jwts", map[string]any{"key": k.KID, "claims": map[string]any{}}, "profile-unknown"},
		"no profile":             {"profiles//jwts", map[string]any{"key": k.KID, "claims": map[string]any{}}, "profile-unknown"},
		"keys of no type":        {at + "keys", map[string]any{}, "invalid"},
		"keys of another":        {at + "keys", map[string]any{"type": "RSA"}, "key-type"},
		"what is no JWT":         {"verify-jwt", map[string]any{"jwt": "x"}, "invalid"},
		"no JWT":                 {"verify-jwt", map[string]any{}, "invalid"},
		"a JWT that is large":    {"verify-jwt", map[string]any{"jwt": strings.Repeat("x", 300<<10)}, "too-large"},
	} {
		wantsKind(t, name, a.Do(t.Context(), http.MethodPost, c.path, c.body, nil), c.want)
	}
	token, err := a.profile.SignJWT(t.Context(), k.KID, "", map[string]any{"exp": h.clock.now().Unix() - 1})
	if err != nil {
		t.Fatal(err)
	}
	late, err := a.VerifyJWT(t.Context(), token)
	if err != nil || late.Verified || late.Code != "proof.expired" {
		t.Errorf("one that has expired: %+v, %v", late, err)
	}
	for name, changed := range map[string]string{"another signature": token[:len(token)-8] + "AAAAAAAA", "none": token[:strings.LastIndexByte(token, '.')+1]} {
		c, err := a.VerifyJWT(t.Context(), changed)
		if err != nil || c.Verified || c.Signer != "" || c.Code == "" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// Another's session, on every operation on profiles, of this tenant.
func TestWalletProfilesOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.acting(t, "ann", contents.Custodial)
	k := ann.made(t, proof.Ed25519)
	ben := h.desk(h.registered("ben"), "ben")
	var got struct{ Profiles []any }
	if err := ben.Do(t.Context(), http.MethodGet, "profiles", nil, &got); err != nil || len(got.Profiles) != 0 {
		t.Errorf("another's profiles: %v, %v", got.Profiles, err)
	}
	own := ben.partIn(t, contents.Served)
	seen := map[string]bool{"POST /verify-jwt": true, "GET /profiles": true, "POST /profiles": true}
	for call, body := range map[string]any{
		"GET /profiles/:profile": nil, "GET /profiles/:profile/keys": nil, "POST /profiles/:profile/close": nil,
		"PUT /profiles/:profile": map[string]any{"version": 2}, "POST /profiles/:profile/open": map[string]any{"partitions": []any{}},
		"DELETE /profiles/:profile": nil, "DELETE /profiles/:profile/kms/:generation": nil,
		"POST /profiles/:profile/keys": map[string]any{"type": "P-256"}, "POST /profiles/:profile/jwts": map[string]any{"key": k.KID, "claims": map[string]any{}},
		"POST /profiles/:profile/query": map[string]any{}, "POST /profiles/:profile/credentials": map[string]any{"key": k.KID, "request": map[string]any{"credential": map[string]any{}}}, "POST /profiles/:profile/presentations": map[string]any{"key": k.KID, "request": map[string]any{"presentation": map[string]any{}}},
	} {
		method, path, _ := strings.Cut(call, " ")
		seen[call] = true
		path = strings.NewReplacer(":profile", "work", ":generation", "1?version=1&lose=1").Replace(strings.TrimPrefix(path, "/"))
		ask := ben.Do
		if method == http.MethodDelete {
			ask = func(ctx context.Context, method, path string, body, answer any) error {
				return ben.DoAgain(ctx, secret, method, path, body, answer)
			}
		}
		wantsKind(t, call, ask(t.Context(), method, path, body, nil), "profile-unknown")
	}
	for _, o := range server.WalletOperations() {
		if call := o.Method + " " + o.Path; strings.Contains(call, "profile") && !seen[call] {
			t.Errorf("%s is not tried", call)
		}
	}
	theirs := map[string]any{"name": "work", "kms": map[string]any{"kind": "custodial", "partition": ann.kms.ID()}}
	wantsKind(t, "keys in another's partition", ben.Do(t.Context(), http.MethodPost, "profiles", theirs, nil), "partition-unknown")
	if p, err := ben.CreateProfile(t.Context(), "work", own); err != nil {
		t.Error(err)
	} else {
		wantsKind(t, "unlocked", p.Unlock(t.Context(), []*client.Partition{own}), "")
		(&acting{desk: ben, profile: p}).signs(t, "another's key in a profile of the same name", k.KID, "key-unknown")
	}
}

// Whatever becomes of the password, the keys sign on: changed, changed because
// others knew it, and lost and recovered.
func TestWalletKeysOutlivePasswords(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Served)
		kids := []string{a.made(t, proof.Ed25519).KID}
		wantsKind(t, "another KMS", a.profile.SetKMS(ctx, a.partIn(t, contents.Custodial)), "")
		kids = append(kids, a.made(t, proof.Secp256k1).KID)
		sign := func(what, password string) {
			t.Helper()
			s, err := h[1].holder(server.DefaultTenant).Login(ctx, "ann", password, "")
			if err != nil {
				t.Fatal(err)
			}
			account, err := s.Open(ctx)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := s.Partitions(ctx, account)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Profile(ctx, "work")
			if err != nil {
				t.Fatal(err)
			}
			b := &acting{desk: &desk{Session: s, account: account}, profile: p}
			b.signs(t, what+", before it is unlocked", kids[0], "partition-sealed")
			wantsKind(t, what+", unlocked", p.Unlock(ctx, parts), "")
			for _, kid := range kids {
				b.signs(t, what, kid, "")
			}
			kids = append(kids, b.made(t, proof.P256).KID)
		}
		wantsKind(t, "changed", a.ChangePassword(ctx, a.account, secret, "second "+secret), "")
		sign("after a change", "second "+secret)
		wantsKind(t, "known to others", a.Compromised(ctx, a.account, "second "+secret, "third "+secret), "")
		a.signs(t, "what was open before", kids[0], "partition-sealed")
		sign("after new keys", "third "+secret)
		code, err := a.SetRecovery(ctx, a.account, "third "+secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, house := range h { // each replica has a clock of its own here
			_ = house.holder(server.DefaultTenant).Recover(ctx, "ann", code, "fourth "+secret)
			house.clock.move(25 * time.Hour)
		}
		wantsKind(t, "recovered", h[1].holder(server.DefaultTenant).Recover(ctx, "ann", code, "fourth "+secret), "")
		sign("after a recovery", "fourth "+secret)
	})
}
