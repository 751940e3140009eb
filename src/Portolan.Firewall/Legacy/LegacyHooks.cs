using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Legacy;

/// <summary>
/// What the kernel's modules say of their tables: names of chains, priorities, types (net/ipv4/netfilter/iptable_*.c,
/// linux/netfilter_ipv4.h).
/// </summary>
internal static class LegacyHooks
{
    private static readonly string[] Names = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    private static readonly HookPoint[] Points = [
        HookPoint.Prerouting, HookPoint.Input, HookPoint.Forward, HookPoint.Output, HookPoint.Postrouting];

    /// <summary>The name of the built-in chain at a hook (NF_INET_*).</summary>
    internal static string NameOf(int hook) => Names[hook];

    /// <summary>The hook of a built-in chain; <c>null</c> for a table that no kernel has, of which the priority is not known.</summary>
    internal static ChainHook? Find(string table, int hook, VerdictKind policy)
    {
        int? priority = table switch
        {
            "raw" => -300, // NF_IP_PRI_RAW
            "mangle" => -150, // NF_IP_PRI_MANGLE
            "nat" => Points[hook] is HookPoint.Prerouting or HookPoint.Output ? -100 : 100, // NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC
            "filter" => 0, // NF_IP_PRI_FILTER
            "security" => 50, // NF_IP_PRI_SECURITY
            _ => null,
        };
        var type = table switch
        {
            "nat" => "nat",
            "mangle" when Points[hook] == HookPoint.Output => "route", // ipt_mangle_out routes again
            _ => "filter",
        };
        return priority is { } known ? new ChainHook(Points[hook], known, type, policy, []) : null;
    }
}
