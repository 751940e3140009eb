namespace Portolan.Firewall.Rendering;

/// <summary>
/// The words that nft keeps for itself: nothing can have them as a name (found by trying each as the name of a chain, nft 1.0.6; and those
/// of later versions).
/// </summary>
internal static class Keywords
{
    private static readonly HashSet<string> All = new(
        (
            "accept add ah all and arp auto-merge bridge cgroup chain comment comp constant continue counter create ct cpu day dccp define "
                + "delete describe "
            + "destroy device devices dnat drop dst dup dynamic ecn egress element elements eq esp ether exists expectation export expires "
            + "exthdr fib flags "
            + "flow flowtable flush frag fwd ge geneve goto gre gretap gt handle hash hbh hook hour icmp icmpv6 igmp import include inet "
            + "insert interval ip "
            + "ip6 ipsec jhash jump last le length limit list log lt map mark masquerade meta meter mh missing monitor netdev nftrace "
            + "notrack not numgen "
            + "offload oif oifname iif iifname or osf policy position priority queue quota random redirect redefine reject rename replace "
            + "reset return rt ruleset "
            + "rule sctp secmark set size skuid skgid snat socket symhash synproxy table tcp tproxy th time timeout tunnel type typeof udp "
            + "udplite undefine update "
            + "vlan vmap vxlan xor xt xml json srh rt0 rt2 rt4 rtclassid pkttype l4proto nfproto protocol iiftype oiftype iifgroup "
            + "oifgroup ibrname obrname "
            + "bytes packets rate burst over used until l3proto proto-src proto-dst saddr daddr sport dport").Split(' '),
        StringComparer.Ordinal);

    /// <summary>Whether a word is one of them.</summary>
    public static bool Contains(string word) => All.Contains(word);
}
