# METADATA
# title: Reading a proxy decision
# description: |
#   Functions over input.proxy, for policy sets: null or no permit is undefined,
#   and undefined permits nothing.
package procura.proxy

# METADATA
# description: Whether the proxy decision grants a permission.
# scope: document
granted(proxy, permission) if {
	proxy.decision == "permit"
	some grant in proxy.permissions
	grant.name == permission
	grant.granted == true
}

# METADATA
# description: Whether a DID is one whose key signed a presentation of this call.
# scope: document
proved(proxy, did) if did in proxy.holders

# METADATA
# description: |
#   Whether a DID is the only one who presented, so that a permit rests on it. Of
#   several, one may have signed and shown nothing that counts.
# scope: document
alone(proxy, did) if {
	proxy.presented == 1
	proved(proxy, did)
}

# METADATA
# description: Whether the decision is about the proxied identity of this id.
# scope: document
acts_for(proxy, id) if proxy.request.proxied.id == id
