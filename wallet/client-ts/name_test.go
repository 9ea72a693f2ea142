package client_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/procura-dev/procura/wallet/session"
)

// Names and passwords that people have: both clients must take them, alike.
var (
	people    = []string{"Ann", "ann@example.org", "Ｊörg", "Jo\u0308rg", "J\u00f6rg", "ليلى", "יעל", "يوسف٣", "Ὀδυσσεύς", "ΣΊΣΥΦΟΣ", "İpek", "Straße", "李小龍", "さくら・こ", "नेहा", "a-b_c.d+1", "col·laborar"}
	passwords = []string{"correct horse battery staple", "pa\u0308ss", "p\u00e4ss", "a\u00a0b", "a\u3000b", "Πάσχα ΣΑΣ", "秘密の・言葉", "🔑🐎", "ﬁn", " x ", "٣٤", "كلمة السر"}
	neither   = []string{"", "\x00", "a\tb", "a\nb", "\u200b", "a\u202eb", "\u0640", "\u1100", "\ue000", "\ufdd0", "a\u00b7b"}
)

// A reading is how many texts are read alike, and how many one side alone refuses.
type reading struct{ alike, hereAlone, inGoAlone int }

// compare fails for texts that Go and TypeScript read in two ways.
func compare(t *testing.T, texts []string, got []*string, want func(string) (string, error)) (r reading) {
	t.Helper()
	if len(got) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(got), len(texts))
	}
	for i, text := range texts {
		w, err := want(text)
		switch {
		case (got[i] == nil) == (err != nil) && (err != nil || w == *got[i]):
			r.alike++
		case got[i] == nil:
			r.hereAlone++
		case err != nil:
			r.inGoAlone++
		default:
			t.Errorf("%+q is read as %+q, in Go as %+q", text, *got[i], w)
		}
	}
	return r
}

// letters is each letter by itself, and between others. One that Go's Unicode does
// not have is refused there alone: that is no harm.
func letters() (texts []string) {
	for r := range rune(utf8.MaxRune + 1) {
		if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co) && (r < 0x3000 || 0xa000 <= r && r < 0xac00 || 0xd7a0 <= r && r < 0x11000 || 0x1d400 <= r && r < 0x1f000) {
			texts = append(texts, string(r), "a"+string(r)+"b")
		}
	}
	return texts
}

// mixed are texts of letters that have rules of their own.
func mixed() (texts []string) {
	alphabet := []rune("aLlßςΣİı·ʹͅαאב׳״بلـ\u0650٣۳۴9-._・ァ漢ﬁ①Ａｱﾞ한\u1100\u200c\u200d\u00a0\u0301\u0308 ゙かͺ🔑߀ߊ𐤀")
	random := rand.New(rand.NewPCG(6, 8265))
	for range 40_000 {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		texts = append(texts, b.String())
	}
	return texts
}

func TestNamesAndPasswordsAreReadAsInGo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		task    string
		want    func(string) (string, error)
		must    []string
		refuses bool // what Go does
	}{
		"names":     {"opaque.names", session.Canonical, people, false}, // the server refuses them
		"passwords": {"opaque.passwords", precis.OpaqueString.String, passwords, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, texts := range map[string][]string{"must": c.must, "neither": neither, "letters": letters(), "mixed": mixed()} {
				var got []*string
				inNode(t, c.task, texts, &got)
				r := compare(t, texts, got, c.want)
				if strings.Contains("must neither", kind) && r.alike != len(texts) || c.refuses && r.inGoAlone > 0 {
					t.Errorf("%s: of %d texts: %+v", kind, len(texts), r)
				}
				t.Logf("%s: of %d texts: %+v", kind, len(texts), r)
			}
		})
	}
}

// What a server may ask of a client's processor is the same in both.
func TestProfilesAreReadAsInGo(t *testing.T) {
	t.Parallel()
	newest := session.Newest.String()
	lists := [][]string{
		{newest}, {newest, "argon2id,4,65536,4"}, {"argon2id,10,1048576,16"}, {newest, newest, newest}, {newest, newest, newest, newest}, {},
		{newest, "argon2id,1,8,1"}, {"argon2id,2,65536,4"}, {"argon2id,11,65536,4"}, {"argon2id,3,65535,4"}, {"argon2id,3,1048577,4"},
		{"argon2id,3,65536,3"}, {"argon2id,3,65536,17"}, {"argon2id,03,65536,4"}, {"argon2id,3,65536,4 "}, {"argon2i,3,65536,4"}, {"argon2id,3,65536"},
		{"argon2id,3,65536,4,1"}, {"argon2id,4294967299,65536,4"}, {"argon2id,-3,65536,4"}, {"argon2id,3e0,65536,4"}, {"argon2id,3,0x10000,4"}, {"argon2id,3,65536,٤"}, {""},
	}
	var got [][]string
	inNode(t, "opaque.profiles", lists, &got)
	for i, list := range lists {
		_, err := session.ParseProfiles(list)
		if (err == nil) != (got[i] != nil) || err == nil && strings.Join(list, " ") != strings.Join(got[i], " ") {
			t.Errorf("%q: got %q, in Go: %v", list, got[i], err)
		}
	}
}
