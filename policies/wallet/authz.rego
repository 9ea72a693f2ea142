# METADATA
# title: Wallets
# description: |
#   What gates our own wallet: its owner may all; nobody else anything, but by a proxy decision that grants the
#   action's permission, on partitions that the server may open at any time. The
#   subject is the session's account, the resource what the action is about.
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
} else := {"decision": true} if {
	issues
} else := {"decision": true} if {
	revokes
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
	"wallet.recovery.cancel",
	"wallet.recovery.remove",
	"wallet.recovery.set",
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
}

# permissions are what a framework calls what others may do.
permissions := {
	"wallet.credential.derive": "wallet-read",
	"wallet.credential.issue": "wallet-sign",
	"wallet.credential.prove": "wallet-sign",
	"wallet.credential.query": "wallet-read",
	"wallet.credential.resolve": "wallet-read",
	"wallet.credential.verify": "wallet-read",
	"wallet.item.add": "wallet-write",
	"wallet.item.change": "wallet-write",
	"wallet.item.get": "wallet-read",
	"wallet.item.list": "wallet-read",
	"wallet.item.remove": "wallet-write",
	"wallet.jwt.sign": "wallet-sign",
	"wallet.jwt.verify": "wallet-read",
	"wallet.key.list": "wallet-read",
	"wallet.partition.list": "wallet-read",
	"wallet.profile.get": "wallet-read",
	"wallet.profile.list": "wallet-read",
}

# issuing is what a client of role issuer can do as a profile, outside any wallet;
# docs/issuing.md says by which call.
issuing := {
	"wallet.credential.issue",
	"wallet.credential.status",
	"wallet.presentation.prove",
}

known if input.action.name in actions

known if input.action.name in issuing

owns if {
	input.subject.type == "account"
	input.resource.properties.owner == input.subject.id
}

# acts_for holds where a proxy decision of this session grants what the action
# needs, for whom the wallet is kept. What is sealed nobody else can open, so that
# to permit it would say what is not.
acts_for if {
	input.subject.type == "account"
	input.resource.properties.mode == "custodial"
	proxy.granted(input.proxy, permissions[input.action.name])
	proxy.acts_for(input.proxy, input.resource.properties.subject)
	input.proxy.presented == 1
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
# it names, or where it says so the one whom all those credentials are about.
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
