# METADATA
# title: Wallets
# description: |
#   What gates our own wallet: its owner may all; nobody else anything, but by a proxy decision whose permission
#   the owner says lets the action be done, in partitions that are kept for whom it is about, and that the server
#   may open at any time. The subject is the session's account, the resource what the action is about.
#   An administrator's client does what keeps a wallet in order, and two of them look
#   into what the server can open at any time; none does what its owner does.
#   A registered client issues as the profiles that are its own, while nobody of
#   them is logged in, and whom a profile names changes statuses besides.
package procura.authz

import data.procura.proxy

default decision := {
	"decision": false,
	"reason_admin": {"wallet.stranger": "the wallet is another's, and no proxy decision grants this"},
	"reason_user": {"403": "You may not do this in this wallet."},
}

decision := {
	"decision": false,
	"reason_admin": {"wallet.unknown": "this is no action of a wallet"},
	"reason_user": {"403": "A wallet cannot do this."},
} if {
	not known
} else := {
	"decision": false,
	"reason_admin": {"wallet.step-up": "this needs the password again, proved for just this request"},
	"reason_user": {"403": "Enter your password again to do this."},
} if {
	owns
	input.action.name in strong
	not input.context.stepUp == true
} else := {"decision": true} if {
	owns
} else := {"decision": true} if {
	acts_for
} else := beyond if {
	proxied
} else := {"decision": true} if {
	administers
} else := {"decision": true} if {
	issues
} else := {"decision": true} if {
	revokes
}

# beyond says why no proxy can do what is asked, whatever its decision grants.
beyond := {
	"decision": false,
	"reason_admin": {"wallet.proxy-action": "no proxy may do this in another's wallet"},
	"reason_user": {"403": "Only the owner of this wallet can do this."},
} if {
	not input.action.name in proxiable
} else := {
	"decision": false,
	"reason_admin": {"wallet.proxy-sealed": "a proxy acts in custodial partitions alone"},
	"reason_user": {"403": "Only the owner of this wallet can open this."},
} if {
	input.resource.properties.mode
	not custodial
}

# actions are what a wallet can do; docs/wallet-actions.md says by which call.
actions := {
	"wallet.account.delete",
	"wallet.account.get",
	"wallet.audit.list",
	"wallet.credential.derive",
	"wallet.credential.issue",
	"wallet.credential.prove",
	"wallet.credential.query",
	"wallet.credential.resolve",
	"wallet.credential.verify",
	"wallet.device.label",
	"wallet.device.list",
	"wallet.device.remove",
	"wallet.item.add",
	"wallet.item.change",
	"wallet.item.get",
	"wallet.item.list",
	"wallet.item.remove",
	"wallet.jwt.sign",
	"wallet.jwt.verify",
	"wallet.key.add",
	"wallet.key.list",
	"wallet.kms.remove",
	"wallet.notice.list",
	"wallet.partition.add",
	"wallet.partition.change",
	"wallet.partition.close",
	"wallet.partition.list",
	"wallet.partition.open",
	"wallet.password.begin",
	"wallet.password.change",
	"wallet.profile.add",
	"wallet.profile.change",
	"wallet.profile.close",
	"wallet.profile.get",
	"wallet.profile.list",
	"wallet.profile.open",
	"wallet.profile.remove",
	"wallet.proxy.ask",
	"wallet.proxy.close",
	"wallet.proxy.list",
	"wallet.proxy.open",
	"wallet.recovery.cancel",
	"wallet.recovery.remove",
	"wallet.recovery.set",
	"wallet.represented.list",
	"wallet.represented.remove",
	"wallet.represented.set",
	"wallet.session.end",
	"wallet.step-up.begin",
	"wallet.step-up.complete",
}

# strong are those that need the password again, for each request of its own.
strong := {
	"wallet.account.delete",
	"wallet.device.remove",
	"wallet.kms.remove",
	"wallet.password.change",
	"wallet.profile.remove",
	"wallet.recovery.remove",
	"wallet.recovery.set",
	"wallet.represented.set",
}

# proxiable is what a proxy may do at the most: nothing that takes the password
# again, and nothing that is about more than a partition. Which permission lets it,
# the owner says.
proxiable := {
	"wallet.credential.issue",
	"wallet.credential.prove",
	"wallet.credential.query",
	"wallet.item.add",
	"wallet.item.change",
	"wallet.item.get",
	"wallet.item.list",
	"wallet.item.remove",
	"wallet.jwt.sign",
	"wallet.key.list",
	"wallet.profile.get",
}

# issuing is what a client of role issuer can do as a profile, outside any wallet;
# docs/issuing.md says by which call.
issuing := {
	"wallet.credential.issue",
	"wallet.credential.status",
	"wallet.presentation.prove",
}

# administrative are what administrators can do of a wallet.
administrative := {
	"wallet.admin.audit",
	"wallet.admin.close",
	"wallet.admin.delete",
	"wallet.admin.end-sessions",
	"wallet.admin.find",
	"wallet.admin.get",
	"wallet.admin.inspection.end",
	"wallet.admin.inspection.list",
	"wallet.admin.lift-delay",
	"wallet.admin.resume",
	"wallet.admin.suspend",
}

# inspecting is what two administrators do: who asked does not approve.
inspecting := {
	"wallet.admin.inspection.approve",
	"wallet.admin.inspection.ask",
	"wallet.admin.inspection.read",
}

# overseeing is what they can do of all the tenant's wallets together.
overseeing := {"wallet.admin.acts"}

known if input.action.name in actions

known if input.action.name in ((administrative | inspecting) | overseeing)

known if input.action.name in issuing

owns if {
	input.subject.type == "account"
	not startswith(input.action.name, "wallet.admin.")
	input.resource.properties.owner == input.subject.id
}

# acts_for holds where the proxy decision of this session, as it is now, grants a
# permission by which the owner lets this be done, for just the one for whom the
# partition is kept. What is sealed, or served to its owner's sessions, nobody else
# can open, so that to permit it would say what is not.
acts_for if {
	proxied
	input.action.name in proxiable
	not input.action.name in strong
	custodial
	represented := input.resource.properties.represented
	input.proxy.request.proxied == represented.proxied
	some permission, let in represented.grants
	input.action.name in let
	proxy.granted(input.proxy, permission)
}

# proxied holds for a session that acts in another's account by a decision that rests
# on what its holder alone presented.
proxied if {
	input.subject.type == "account"
	input.proxy.decision == "permit"
	input.proxy.presented == 1
}

# custodial holds in a partition that the server may open at any time.
custodial if {
	input.resource.properties.mode == "served"
	input.resource.properties.custody == "custodial"
}

administers if {
	input.subject.type == "administrator"
	input.resource.type == "wallet"
	input.action.name in administrative
}

administers if {
	input.subject.type == "administrator"
	input.resource.type == "wallet"
	input.action.name in inspecting
	custodial
	not alone
}

administers if {
	input.subject.type == "administrator"
	input.resource.type == "tenant"
	input.action.name in overseeing
}

alone if {
	input.action.name == "wallet.admin.inspection.approve"
	input.resource.properties.asked == input.subject.id
}

# issues holds for the client whose profile it is. It signs unattended: the keys of
# a profile that needs its owner's session are no client's.
issues if {
	input.action.name in issuing
	input.subject.type == "client"
	input.resource.type == "profile"
	input.resource.properties.client == input.subject.id
	input.resource.properties.custody == "custodial"
}

# revokes holds for whoever proved a DID in the call: the profile's own, one that
# it names, or where it says so the one whom all those credentials are about, or
# who may issue them by their frameworks.
revokes if {
	input.action.name == "wallet.credential.status"
	input.resource.type == "profile"
	is_string(input.context.holder)
	startswith(input.context.holder, "did:")
	may_revoke
}

may_revoke if input.context.holder == input.resource.properties.did

may_revoke if input.context.holder in input.resource.properties.revokers

may_revoke if {
	"proxied" in input.resource.properties.revokers
	input.context.about == true
}

may_revoke if {
	"issuers" in input.resource.properties.revokers
	input.context.listed == true
}
