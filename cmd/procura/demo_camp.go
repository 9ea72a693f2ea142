package main

import (
	"context"
	"errors"
	"time"

	"github.com/procura-dev/procura/policies"
)

// A camp is who takes part in the story of RFC 0103.
type camp struct {
	office, amina, yusuf, thief actor
	late                        string // a credential of Yusuf's whose week is over
}

func campStory() story {
	c := &camp{office: actor{name: "the camp's office"}, amina: actor{name: "Amina"}, yusuf: actor{name: "Yusuf"}, thief: actor{name: "a thief"}}
	return story{asks: "clinic", domain: campDomain, begin: c.begin, scenes: c.scenes}
}

// begin makes keys, lists the issuer, and has the credentials issued.
func (c *camp) begin(ctx context.Context, st *stage) error {
	st.say("Who may act for Laila?", "",
		"Laila is eight and lives in a refugee camp with Amina, her grandmother, and Yusuf, her other grandfather.",
		"The camp's rules are a trust framework that ships with Procura: \""+campName+"\".",
		"A server runs at "+st.base+" for as long as this story lasts.", "")
	if err := st.cast(&c.office, &c.amina, &c.yusuf, &c.thief); err != nil {
		return err
	}
	if err := st.list(ctx, campIssuers, &c.office); err != nil {
		return err
	}
	st.say("", "The server's administrator lists the office among those who may issue (registry "+campIssuers+").",
		"The office knows the family. It signs a credential for Amina and one for Yusuf, good for four weeks.")
	return errors.Join(
		c.issue(ctx, &c.amina, &c.amina.credential, st.now.Add(-time.Hour), nil),
		c.issue(ctx, &c.yusuf, &c.yusuf.credential, st.now.Add(-time.Hour), nil),
		c.issue(ctx, &c.yusuf, &c.late, st.now.Add(-8*24*time.Hour), map[string]any{"endTime": st.now.Add(-24 * time.Hour).UTC().Format(time.RFC3339)}),
	)
}

func (c *camp) issue(ctx context.Context, to *actor, credential *string, from time.Time, limits map[string]any) (err error) {
	if limits == nil {
		limits = map[string]any{}
	}
	g := &grandparent{did: to.key.DID(), name: to.name, from: from, until: from.Add(28 * 24 * time.Hour), constraints: limits}
	*credential, err = g.signed(ctx, c.office.key)
	return err
}

// asked is what somebody asks about Laila.
func asked(permission string) map[string]any {
	return map[string]any{
		"permissions": []string{permission},
		"proxied":     map[string]any{"attributes": laila()},
		"framework":   map[string]any{"name": campName, "range": "^1.0.0"},
	}
}

// scenes are told so that each can be read alone.
func (c *camp) scenes(*stage) []scene {
	return []scene{
		{
			title:    "A grandmother and a vaccination",
			told:     "At the clinic, the nurse asks: may Amina consent to Laila's vaccination?",
			question: asked("routine-medical-care"),
			steps: []step{{
				told: "Amina's wallet signs the nurse's question together with her credential.",
				by:   &c.amina, want: policies.Permit,
			}},
			moral: "Her credential lets a grandparent decide this. The nurse still compares the photograph: no program can.",
		},
		{
			title:    "A journey takes two",
			told:     "At the gate, the guard asks: may Laila leave the camp for a day? Her credentials want two grandparents for that.",
			question: asked("light-travel"),
			steps: []step{
				{
					told: "Amina comes alone.",
					by:   &c.amina, want: policies.Deny,
					reasons: []string{"permission.ungranted"}, needs: "grandparent",
				},
				{
					told: "Yusuf joins her and answers the same question from his own wallet.",
					by:   &c.yusuf, want: policies.Permit,
				},
			},
			moral: "A denial says why, and what is missing. Each wallet answered for itself; the decision was taken over both.",
		},
		{
			title:    "Too late",
			told:     "The school asks: may Yusuf enrol Laila? He brings an older credential, made for the week when Amina was ill.",
			question: asked("school"),
			steps: []step{{
				told: "That week ended yesterday.",
				by:   &c.yusuf, want: policies.Deny,
				shows:   c.late,
				reasons: []string{"constraint.fails", "holder.no_credential", "permission.ungranted"},
			}},
			moral: "The signature is good and the credential itself has not expired: the limit inside it has passed.",
		},
		{
			title:    "A stolen credential",
			told:     "A thief has copied Amina's credential from her telephone and asks for Laila's share of food.",
			question: asked("necessaries"),
			steps: []step{{
				told: "The thief signs the question with his own key. Amina's key never left her telephone.",
				by:   &c.thief, shows: c.amina.credential, want: policies.Deny,
				reasons: []string{"holder.no_credential", "holder.unbound", "permission.ungranted"},
			}},
			moral: "A credential is worth something only in the hands of the one whom it names.",
		},
	}
}
