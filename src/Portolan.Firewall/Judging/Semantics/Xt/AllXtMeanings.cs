using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>The matches and targets of x_tables that have a meaning here, each named once.</summary>
internal static class AllXtMeanings
{
    public static IXtMeaning<XtMatch>[] Matches() =>
    [
        new AddressRangeMeaning(),
        new AddressTypeMeaning(),
        new CommentMeaning(),
        new ConnectionCountMeaning(),
        new ConnmarkMatchMeaning(),
        new ConntrackMeaning(),
        new HardwareAddressMeaning(),
        new HashLimitMeaning(),
        new HopLimitMeaning(),
        new IcmpMeaning(),
        new LengthMeaning(),
        new LimitMeaning(),
        new MarkMatchMeaning(),
        new MultiportMeaning(),
        new NamedMatchMeaning(),
        new OwnerMeaning(),
        new PacketTypeMeaning(),
        new PhysicalDeviceMeaning(),
        new QuotaMeaning(),
        new RecentMeaning(),
        new SegmentSizeMatchMeaning(),
        new SetMatchMeaning(),
        new SocketMatchMeaning(),
        new StateMeaning(),
        new TcpMeaning(),
        new TimeMeaning(),
        new UdpMeaning(),
    ];

    public static IXtMeaning<XtTarget>[] Targets() =>
    [
        new ConnectionTrackingTargetMeaning(),
        new ConnmarkTargetMeaning(),
        new DestinationNatMeaning(),
        new HopLimitTargetMeaning(),
        new LogMeaning(),
        new MarkTargetMeaning(),
        new MasqueradeMeaning(),
        new NamedTargetMeaning(),
        new NetMapMeaning(),
        new NetlinkLogMeaning(),
        new RedirectTargetMeaning(),
        new RejectMeaning(),
        new SegmentSizeMeaning(),
        new SetTargetMeaning(),
        new SourceNatMeaning(),
        new TransparentProxyTargetMeaning(),
    ];
}
