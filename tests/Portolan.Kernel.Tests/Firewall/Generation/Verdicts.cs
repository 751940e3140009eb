namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Verdicts of rules and of verdict maps.</summary>
internal sealed class Verdicts(Dice dice)
{
    /// <summary>A verdict that a map may hold.</summary>
    public string Plain(string? target) => dice.Weighted(
        (40, () => "accept"),
        (30, () => "drop"),
        (target is null ? 0 : 20, () => "jump " + target),
        (target is null ? 0 : 6, () => "goto " + target),
        (8, () => "return"),
        (4, () => "continue"));

    /// <summary>A reject of one of the kinds that the family and protocol allow.</summary>
    /// <param name="family">Of the table.</param>
    /// <param name="is4">What the rule is about: IPv4, IPv6, or both.</param>
    /// <param name="isTcp">Whether the rule asks for TCP.</param>
    public string Reject(string family, bool? is4, bool isTcp) => dice.Weighted(
        (30, () => "reject"),
        (isTcp ? 40 : 0, () => "reject with tcp reset"),
        (family == "inet" ? 30 : 0,
            () => "reject with icmpx type " + dice.Of("port-unreachable", "admin-prohibited", "no-route", "host-unreachable")),
        (is4 == true ? 30 : 0,
            () => "reject with icmp type "
                + dice.Of(
                    "host-unreachable", "net-prohibited", "port-unreachable", "admin-prohibited", "net-unreachable", "host-prohibited",
                    "prot-unreachable")),
        (is4 == false ? 30 : 0,
            () => "reject with icmpv6 type " + dice.Of("no-route", "admin-prohibited", "addr-unreachable", "port-unreachable")));
}
