using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Xt;

/// <summary>The table of all matches and targets: each is named here once.</summary>
internal static class XtNames
{
    /// <summary>Matches whose parameters are decoded.</summary>
    internal static IEnumerable<XtMatchKind> Matches()
    {
        IReadOnlyList<XtMatchKind>[] all =
        [
            AddressRangeMatch.Kinds,
            AddressTypeMatch.Kinds,
            CommentMatch.Kinds,
            ConnectionCountMatch.Kinds,
            ConnmarkMatch.Kinds,
            ConntrackMatch.Kinds,
            HardwareAddressMatch.Kinds,
            HashLimitMatch.Kinds,
            HopLimitMatch.Kinds,
            IcmpMatch.Kinds,
            LengthMatch.Kinds,
            LimitMatch.Kinds,
            MarkMatch.Kinds,
            MultiportMatch.Kinds,
            OwnerMatch.Kinds,
            PacketTypeMatch.Kinds,
            PhysicalDeviceMatch.Kinds,
            QuotaMatch.Kinds,
            RecentMatch.Kinds,
            SegmentSizeMatch.Kinds,
            SetMatch.Kinds,
            SocketMatch.Kinds,
            StateMatch.Kinds,
            TcpMatch.Kinds,
            TimeMatch.Kinds,
            UdpMatch.Kinds,
        ];
        return all.SelectMany(kinds => kinds);
    }

    /// <summary>Targets whose parameters are decoded.</summary>
    internal static IEnumerable<XtTargetKind> Targets()
    {
        IReadOnlyList<XtTargetKind>[] all =
        [
            ConnectionTrackingTarget.Kinds,
            ConnmarkTarget.Kinds,
            DestinationNatTarget.Kinds,
            HopLimitTarget.Kinds,
            LogTarget.Kinds,
            MarkTarget.Kinds,
            MasqueradeTarget.Kinds,
            NetMapTarget.Kinds,
            NetlinkLogTarget.Kinds,
            RedirectTarget.Kinds,
            RejectTarget.Kinds,
            SegmentSizeTarget.Kinds,
            SetTarget.Kinds,
            SourceNatTarget.Kinds,
            TransparentProxyTarget.Kinds,
        ];
        return all.SelectMany(kinds => kinds);
    }

    /// <summary>What a match depends on whose parameters are not decoded; <c>null</c> for a name that is not known.</summary>
    internal static MatchNature? NatureOfMatch(string name) => name switch
    {
        "hashlimit" or "connlimit" or "quota" or "rateest" or "nfacct" => MatchNature.Rate,
        "recent" or "connbytes" or "helper" or "connlabel" or "cluster" => MatchNature.History,
        "statistic" => MatchNature.Chance,
        "time" => MatchNature.Time,
        "string" or "u32" or "bpf" or "tos" or "dscp" or "ecn" or "esp" or "ah" or "sctp" or "dccp" or "tcpmss" or "ipcomp" or "l2tp"
            or "osf" => MatchNature.Content,
        "frag" or "hbh" or "dst" or "rt" or "mh" or "srh" or "ipv6header" => MatchNature.Content,
        "cgroup" or "socket" or "rpfilter" or "policy" or "realm" or "cpu" or "devgroup" or "ipvs" or "control" => MatchNature.Host,
        _ => null,
    };

    /// <summary>What becomes of a packet at a target whose parameters are not decoded; <c>null</c> for a name that is not known.</summary>
    internal static TargetNature? NatureOfTarget(string name) => name switch
    {
        "AUDIT" or "CHECKSUM" or "TRACE" or "IDLETIMER" or "LED" or "RATEEST" or "TEE" => TargetNature.GoesOn,
        "CLASSIFY" or "SECMARK" or "CONNSECMARK" or "HMARK" or "TOS" or "DSCP" or "ECN" or "TCPOPTSTRIP" =>
            TargetNature.GoesOnChanged,
        "NFQUEUE" or "TPROXY" or "SYNPROXY" or "CLUSTERIP" or "SNPT" or "DNPT" => TargetNature.Decides,
        _ => null,
    };
}
