using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>nft's words for the parts of a ruleset.</summary>
public static class RuleWords
{
    /// <summary>A family, such as <c>inet</c>.</summary>
    public static string Of(RuleFamily family) => family switch
    {
        RuleFamily.Inet => "inet",
        RuleFamily.Ip => "ip",
        RuleFamily.Ip6 => "ip6",
        RuleFamily.Arp => "arp",
        RuleFamily.Bridge => "bridge",
        RuleFamily.NetDevice => "netdev",
        _ => "unspec",
    };

    /// <summary>A hook, such as <c>input</c>.</summary>
    public static string Of(HookPoint point) => point switch
    {
        HookPoint.Prerouting => "prerouting",
        HookPoint.Input => "input",
        HookPoint.Forward => "forward",
        HookPoint.Output => "output",
        HookPoint.Postrouting => "postrouting",
        HookPoint.Ingress => "ingress",
        _ => "egress",
    };

    /// <summary>What becomes of a packet that no rule of a base chain decided on.</summary>
    public static string Policy(ChainHook hook) => hook.Policy == VerdictKind.Drop ? "drop" : "accept";
}
