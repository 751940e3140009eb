namespace Portolan.Firewall.Rules.Reading;

/// <summary>The numbers of hooks, which the families count differently.</summary>
internal static class HookNumbers
{
    private const uint ArpIn = 0;
    private const uint ArpOut = 1;
    private const uint ArpForward = 2;
    private const uint DeviceIngress = 0;
    private const uint DeviceEgress = 1;

    /// <summary>NF_INET_INGRESS: of family inet only.</summary>
    private const uint InetIngress = 5;

    /// <summary>The hook, or <c>null</c> for a number that this family does not have.</summary>
    internal static HookPoint? Find(RuleFamily family, uint number) => family switch
    {
        RuleFamily.Inet or RuleFamily.Ip or RuleFamily.Ip6 or RuleFamily.Bridge => FindInet(family, number),
        RuleFamily.Arp => FindArp(number), // linux/netfilter_arp.h
        RuleFamily.NetDevice => FindDevice(number), // linux/netfilter.h: NF_NETDEV_*
        _ => null,
    };

    /// <summary>linux/netfilter.h: NF_INET_*; linux/netfilter_bridge.h has the same order.</summary>
    private static HookPoint? FindInet(RuleFamily family, uint number) => number switch
    {
        0 => HookPoint.Prerouting,
        1 => HookPoint.Input,
        2 => HookPoint.Forward,
        3 => HookPoint.Output,
        4 => HookPoint.Postrouting,
        InetIngress when family == RuleFamily.Inet => HookPoint.Ingress,
        _ => null,
    };

    private static HookPoint? FindArp(uint number) => number switch
    {
        ArpIn => HookPoint.Input,
        ArpOut => HookPoint.Output,
        ArpForward => HookPoint.Forward,
        _ => null,
    };

    private static HookPoint? FindDevice(uint number) => number switch
    {
        DeviceIngress => HookPoint.Ingress,
        DeviceEgress => HookPoint.Egress,
        _ => null,
    };
}
