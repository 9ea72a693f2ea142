package main

import (
	"time"

	"github.com/procura-dev/procura/policies"
)

// A scene is one challenge and those who answer it.
type scene struct {
	title, told string
	permission  string
	steps       []step
	moral       string
}

// A step is one presentation, and the decision that must follow.
type step struct {
	told    string
	shows   *actor       // whose credential is shown
	by      *actor       // who signs the presentation
	paper   *grandparent // nil: the credential that the actor got in the beginning
	want    string
	reasons []string // codes, sorted
	needs   string   // the role of one more person who would turn it; empty: none
}

// scenes is the story. Each is told so that it can be read alone.
func (st *stage) scenes() []scene {
	return []scene{
		{
			title:      "A grandmother and a vaccination",
			told:       "At the clinic, the nurse asks: may Amina consent to Laila's vaccination?",
			permission: "routine-medical-care",
			steps: []step{{
				told:  "Amina's wallet signs the nurse's question together with her credential.",
				shows: &st.amina, by: &st.amina, want: policies.Permit,
			}},
			moral: "Her credential lets a grandparent decide this. The nurse still compares the photograph: no program can.",
		},
		{
			title:      "A journey takes two",
			told:       "At the gate, the guard asks: may Laila leave the camp for a day? Her credentials want two grandparents for that.",
			permission: "light-travel",
			steps: []step{
				{
					told:  "Amina comes alone.",
					shows: &st.amina, by: &st.amina, want: policies.Deny,
					reasons: []string{"permission.ungranted"}, needs: "grandparent",
				},
				{
					told:  "Yusuf joins her and answers the same question from his own wallet.",
					shows: &st.yusuf, by: &st.yusuf, want: policies.Permit,
				},
			},
			moral: "A denial says why, and what is missing. Each wallet answered for itself; the decision was taken over both.",
		},
		{
			title:      "Too late",
			told:       "The school asks: may Yusuf enrol Laila? He brings an older credential, made for the week when Amina was ill.",
			permission: "school",
			steps: []step{{
				told:  "That week ended yesterday.",
				shows: &st.yusuf, by: &st.yusuf, want: policies.Deny,
				paper: &grandparent{
					did: st.yusuf.key.DID(), name: st.yusuf.name, from: st.now.Add(-8 * 24 * time.Hour), until: st.now.Add(20 * 24 * time.Hour),
					constraints: map[string]any{"endTime": st.now.Add(-24 * time.Hour).UTC().Format(time.RFC3339)},
				},
				reasons: []string{"constraint.fails", "holder.no_credential", "permission.ungranted"},
			}},
			moral: "The signature is good and the credential itself has not expired: the limit inside it has passed.",
		},
		{
			title:      "A stolen credential",
			told:       "A thief has copied Amina's credential from her telephone and asks for Laila's share of food.",
			permission: "necessaries",
			steps: []step{{
				told:  "The thief signs the question with his own key. Amina's key never left her telephone.",
				shows: &st.amina, by: &st.thief, want: policies.Deny,
				reasons: []string{"holder.no_credential", "holder.unbound", "permission.ungranted"},
			}},
			moral: "A credential is worth something only in the hands of the one whom it names.",
		},
	}
}
