"""
Routers, by what others can tell of them, as rules for nftables.

All of them give a machine inside one outer address.  `full`, `restricted` and `port` also give one inner port
one outer port, whomever it talks to, and differ in whom they let in there: anybody, any port of an address
that was sent to, only the place that was sent to.  `symmetric` has another outer port for each place.  All of
them let TCP in as by `port`.
"""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["full", "restricted", "port", "symmetric"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: seconds an address that was sent to may answer from any port
_REMEMBERS = 120


def rules(kind: Kind, inner: str, *, refuses: bool = False, moved: bool = False) -> str:
    """
    What makes a namespace with the devices `inside` and `pub` such a router.

    @param inner: the address of the machine inside.
    @param refuses: what nobody inside has asked for is answered (RST, port unreachable), not dropped: then
        the router remembers it as a conversation of its own, and has other ports for ours that come later.
    @param moved: mappings are made at other ports than before.
    """
    ports = {"symmetric": "fully-random", "full": ""}.get(kind, "to :40000-49999" if moved else "")
    learns = lets_in = ""
    if kind == "full":
        lets_in = f'iifname "pub" udp dport 1024-65535 dnat to {inner}'
    elif kind == "restricted":
        lets_in = f'iifname "pub" udp dport 1024-65535 ip saddr @heard dnat to {inner}'
        learns = 'oifname "pub" meta l4proto udp update @heard { ip daddr }'
    return f"""
        table ip router {{
            set heard {{ type ipv4_addr; flags dynamic, timeout; timeout {_REMEMBERS}s; }}
            chain arriving {{
                type nat hook prerouting priority dstnat; policy accept;
                {lets_in}
            }}
            chain leaving {{
                type nat hook postrouting priority srcnat; policy accept;
                oifname "pub" meta l4proto {{ tcp, udp }} masquerade {ports}
                oifname "pub" masquerade
            }}
            chain passing {{
                type filter hook forward priority filter; policy drop;
                {learns}
                iifname "inside" accept
                ct state established,related accept
                ct status dnat accept
            }}
            chain own {{
                type filter hook input priority filter; policy {"accept" if refuses else "drop"};
                iifname {{ "lo", "inside" }} accept
                icmp type echo-request accept
            }}
        }}
    """
