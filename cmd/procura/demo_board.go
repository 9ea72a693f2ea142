package main

import (
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/policies"
)

// What the story takes from the board's framework, as it ships.
const (
	boardName      = "Company Board Signing"
	boardURI       = "https://procura.dev/frameworks/company-board-signing"
	boardVersion   = "1.1.0"
	boardRegisters = "company-registers" // the registry of those who say who sits on a board
	boardNumber    = "DEK1101R.HRB116737"
	seatsList      = "/seats"      // of the register
	assistantsList = "/assistants" // of Maria, who sends them
)

// A boardroom is who takes part in the last story of RFC 0104.
type boardroom struct {
	register, hanna, jens, maria, ida actor
	others                            []*actor // whom Maria sends besides: Ida and they are ten
	site                              *site
	now                               time.Time
	places                            int // taken on the register's list
}

func boardStory() story {
	b := &boardroom{
		register: actor{name: "the register"}, hanna: actor{name: "Hanna"}, jens: actor{name: "Jens"}, maria: actor{name: "Maria"},
		ida: actor{name: "Ida, who assists"},
	}
	for i := range 9 {
		b.others = append(b.others, &actor{name: fmt.Sprintf("assistant %d", i+2)})
	}
	return story{asks: "yard", domain: "yard.example", begin: b.begin, scenes: b.scenes}
}

// begin has the seats entered, and Maria send her assistants.
func (b *boardroom) begin(ctx context.Context, st *stage) error {
	b.site, b.now = st.site, st.now
	st.say("Who may sign for this company?", "",
		"What binds Nordlicht Werft AG beyond its ordinary business, three of its board sign together. Hanna, Jens and Maria sit on it.",
		"Maria travels, and lets Ida, her assistant, sign in her place.",
		"The rules are a trust framework that ships with Procura: \""+boardName+"\".",
		"A server runs at "+st.base+" for as long as this story lasts, and beside it one for lists of what is revoked.", "")
	if err := st.cast(append([]*actor{&b.register, &b.hanna, &b.jens, &b.maria, &b.ida}, b.others...)...); err != nil {
		return err
	}
	if err := st.list(ctx, boardRegisters, &b.register); err != nil {
		return err
	}
	st.say("", "The server's administrator lists the company register (registry "+boardRegisters+").",
		"The register signs for each member who sits on the board, and for each who may assist one who he is.",
		"Maria signs for Ida, for a week, with her own seat inside; and for nine more, to see what comes of it.")
	return b.issue(ctx)
}

func (b *boardroom) issue(ctx context.Context) error {
	for _, member := range []*actor{&b.hanna, &b.jens, &b.maria} {
		signed, err := b.entered("BoardSeat", "board", "election", seatRules()).signed(ctx, &b.register, member)
		if err != nil {
			return err
		}
		member.credential = signed
	}
	for i, who := range append([]*actor{&b.ida}, b.others...) {
		if err := b.send(ctx, who, i); err != nil {
			return err
		}
	}
	if err := b.site.publish(ctx, seatsList, b.register.key); err != nil {
		return err
	}
	return b.site.publish(ctx, assistantsList, b.maria.key)
}

// send has the register say who an assistant is, and Maria let him sign.
func (b *boardroom) send(ctx context.Context, who *actor, place int) (err error) {
	correspond := []any{map[string]any{"grant": []any{"correspond"}, "when": map[string]any{"roles": "entered"}}}
	if who.entry, err = b.entered("Entry", "entered", "appointment", correspond).signed(ctx, &b.register, who); err != nil {
		return err
	}
	from, until := b.now.Add(-time.Minute), b.now.Add(7*24*time.Hour)
	p := &paper{
		book: boardBook(), variant: "Assistant", role: "assistant", rationale: "assistance", from: from, until: until,
		limits: timed(from, until), status: b.site.place(assistantsList, fmt.Sprint(place)),
		rules: []any{map[string]any{"grant": []any{"sign-major-contract"}, "when": map[string]any{
			"roles": []any{"board", "assistant"}, "op": "in", "n": 3.0,
		}}},
	}
	who.credential, err = p.signed(ctx, &b.maria, who)
	return err
}

// entered is what the register signs, of one person after another.
func (b *boardroom) entered(variant, role, rationale string, rules []any) *paper {
	b.places++
	from := b.now.Add(-time.Hour)
	return &paper{
		book: boardBook(), variant: variant, role: role, rationale: rationale, from: from, until: from.Add(30 * 24 * time.Hour),
		about: map[string]any{"personNumber": fmt.Sprintf("R-4471-%04d", b.places)}, rules: rules,
		status: b.site.place(seatsList, fmt.Sprint(b.places)),
	}
}

func seatRules() []any {
	return []any{
		map[string]any{"grant": []any{"sign-major-contract", "borrow"}, "when": map[string]any{"roles": "board", "n": 3.0}},
		map[string]any{"grant": []any{"delegate"}, "when": map[string]any{"roles": "board"}},
	}
}

func boardBook() book {
	return book{name: boardName, uri: boardURI, version: boardVersion, proxied: map[string]any{
		"legalName": "Nordlicht Werft AG", "registerNumber": boardNumber,
	}}
}

// signing is what the yard asks before it takes a signature.
func signing(permission string) map[string]any {
	return map[string]any{
		"permissions": []string{permission},
		"proxied":     map[string]any{"attributes": map[string]any{"registerNumber": boardNumber}},
		"framework":   map[string]any{"name": boardName, "range": "^" + boardVersion},
	}
}

// scenes are told so that each can be read alone.
func (b *boardroom) scenes(*stage) []scene {
	return []scene{
		{
			title:    "A third of a signature",
			told:     "A yard is to build a ship, and asks: may these sign the contract?",
			question: signing("sign-major-contract"),
			steps: []step{
				{
					told: "Ida comes alone. She shows what Maria signed, with Maria's seat inside, and her own entry in the register.",
					by:   &b.ida, want: policies.Deny, reasons: []string{"permission.ungranted"},
				},
				{
					told: "Hanna and Jens join her, each from a wallet of their own.",
					by:   &b.hanna, beside: []*actor{&b.jens}, want: policies.Permit,
				},
			},
			moral: "Maria alone could not sign, so neither could Ida: a third passes on as a third. With two of the board it is a whole.",
		},
		{
			title:    "Maria comes back",
			told:     "The next day the yard asks again. Jens is ill; Maria and Ida come with Hanna.",
			question: signing("sign-major-contract"),
			steps: []step{{
				told: "They are three, with three keys.",
				by:   &b.hanna, beside: []*actor{&b.maria, &b.ida}, want: policies.Deny, reasons: []string{"permission.ungranted"},
			}},
			moral: "Ida signs in Maria's place, not beside her: the two are one.",
		},
		{
			title:    "Ten assistants",
			told:     "Then Maria sends all ten whom she appointed.",
			question: signing("sign-major-contract"),
			steps: []step{{
				told: "Ten people with ten keys, each entered in the register.",
				by:   &b.ida, beside: b.others, want: policies.Deny, reasons: []string{"permission.ungranted"},
			}},
			moral: "Whomever one person sends count as one, however many they are.",
		},
		{
			title:    "A loan",
			told:     "A bank asks: may Hanna, Jens and Ida take up a loan?",
			question: signing("borrow"),
			steps: []step{{
				told: "The same three that could sign the contract.",
				by:   &b.hanna, beside: []*actor{&b.jens, &b.ida}, want: policies.Deny, reasons: []string{"permission.ungranted"},
			}},
			moral: "For a loan the framework wants the board itself, and no assistant can be given more than it leaves.",
		},
		{
			title:    "Maria takes it back",
			told:     "Maria revokes what she gave to Ida: she signs her list anew, with Ida's place marked.",
			before:   b.takeBack,
			question: signing("sign-major-contract"),
			steps: []step{
				{
					told: "Ida comes with Hanna and Jens.",
					by:   &b.hanna, beside: []*actor{&b.jens, &b.ida}, want: policies.Deny,
					reasons: []string{"permission.ungranted", "status.revoked"},
				},
				{
					told: "Maria signs herself.",
					by:   &b.maria, want: policies.Permit, reasons: []string{"status.revoked"}, // Ida's, still
				},
			},
			moral: "Her own seat is untouched: who takes back what she lent has it again.",
		},
	}
}

func (b *boardroom) takeBack(ctx context.Context) error {
	return b.site.revoke(ctx, assistantsList, b.maria.key, 0)
}
